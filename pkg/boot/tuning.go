package boot

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/wire"
)

// Tuning is PROVIDER_SETTINGS.
type Tuning struct {
	Settings Settings `env:"PROVIDER_SETTINGS" envDefault:"{}"`
}

// Settings is the decoded PROVIDER_SETTINGS. Members that are not known are refused, since
// a misspelt one would leave a default in force.
type Settings wire.Tuning

// UnmarshalText implements encoding.TextUnmarshaler. The member of each provider stays as it was
// written: its own room reads it (decision 0029).
func (s *Settings) UnmarshalText(text []byte) error {
	members := map[string]jsontext.Value{}
	if err := json.Unmarshal(text, &members); err != nil {
		return inJSON(err)
	}
	*s = Settings{Of: map[payout.Provider][]byte{}, Statements: map[payout.Provider][]byte{}}
	var faults []error
	for _, name := range slices.Sorted(maps.Keys(members)) {
		var err error
		switch {
		case name == "banks":
			err = inJSON(json.Unmarshal(members[name], &s.Banks))
		case name == "statements":
			err = s.readStatements(members[name])
		case payout.Known(payout.Provider(name)):
			s.Of[payout.Provider(name)] = members[name]
		default:
			err = fmt.Errorf("members must name %v, banks or statements", payout.Providers())
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%.32q: %w", name, err))
		}
	}
	return errors.Join(faults...)
}

func (s *Settings) readStatements(text []byte) error {
	byProvider := map[payout.Provider]jsontext.Value{}
	if err := json.Unmarshal(text, &byProvider); err != nil {
		return inJSON(err)
	}
	for name, mapping := range byProvider {
		s.Statements[name] = mapping
	}
	return nil
}

// inJSON leaves our types out of an error. Whoever sets the variable is told where in the JSON, and
// not the name of a Go type.
func inJSON(err error) error {
	if wrong := (*json.SemanticError)(nil); errors.As(err, &wrong) && wrong.Err != nil {
		return fmt.Errorf("at %q: %w", wrong.JSONPointer, wrong.Err)
	}
	return err
}
