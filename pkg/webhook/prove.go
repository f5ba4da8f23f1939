package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"cambodia-payouts/pkg/payout"
)

// errUnsigned means that a receiver with the endpoint's key would refuse what we sign.
var errUnsigned = errors.New("webhook: the sample event does not verify")

// Prove signs a message and verifies it as the receiver would. Nothing is sent. Without
// an endpoint it is ErrNotConfigured.
func (c *Client) Prove(ctx context.Context, m payout.Message) error {
	if c.keys == nil {
		return ErrNotConfigured
	}
	versions, err := c.keys.Verifying(ctx)
	if err != nil {
		return err
	}
	request, err := c.request(ctx, m)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return fmt.Errorf("webhook: read the sample: %w", err)
	}
	if slices.ContainsFunc(versions, func(v Credentials) bool { return v.signer.Verify(body, request.Header) != nil }) {
		return errUnsigned
	}
	return nil
}
