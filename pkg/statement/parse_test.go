package statement_test

import (
	"errors"
	"strings"
	"testing"

	"cambodia-payouts/pkg/monetix"
	"cambodia-payouts/pkg/money"
	"cambodia-payouts/pkg/payout"
	"cambodia-payouts/pkg/statement"
	"cambodia-payouts/pkg/vexora"
	"cambodia-payouts/pkg/wire"
)

const file = "tradeNo,platFormTradeNo,amount,currency,status,message\n" +
	"PAAAAAAAAAAAAAAAAAAAAAAAAAA01,VX1,\"50,000.00\",KHR,0000,Success\n" +
	"PBBBBBBBBBBBBBBBBBBBBBBBBBB01,VX2,12.50,usd,00029,\"Failed, sorry\"\n"

func parse(t *testing.T, text string, m statement.Mapping) []payout.StatementRow {
	t.Helper()
	rows, err := statement.Parse([]byte(text), m)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestAFileIsReadByItsColumnNames(t *testing.T) {
	m := wire.Statements()[vexora.Name]
	for name, text := range map[string]string{
		"commas":          file,
		"a mark of UTF-8": "\xef\xbb\xbf" + file,
		"Windows' lines":  strings.ReplaceAll(file, "\n", "\r\n"),
		"other cases":     strings.Replace(file, "tradeNo,platFormTradeNo", " TRADENO ,PlatformTradeNo", 1),
	} {
		rows := parse(t, text, m)
		if len(rows) != 2 {
			t.Fatalf("%s: %d rows", name, len(rows))
		}
		first, second := rows[0], rows[1]
		if first.Amount.Minor() != 5000000 || first.Amount.Currency() != money.KHR || first.Finding != payout.FoundSucceeded || first.Line != 2 {
			t.Errorf("%s: %+v", name, first)
		}
		if second.Amount.Minor() != 1250 || second.Finding != payout.FoundFailed || second.Message != "Failed, sorry" || second.ProviderID != "VX2" {
			t.Errorf("%s: %+v", name, second)
		}
	}
}

func TestSemicolonsAreRecognisedByTheHeader(t *testing.T) {
	rows := parse(t, "payment_id;amount;currency;status\nP1;5000000;KHR;Success\n", func() statement.Mapping {
		m := wire.Statements()[monetix.Name]
		m.Unit = statement.Minor
		return m
	}())
	if rows[0].Amount.Minor() != 5000000 || rows[0].Finding != payout.FoundSucceeded {
		t.Errorf("%+v", rows[0])
	}
}

func TestAnAmountThatCouldMeanTwoThingsIsNotRead(t *testing.T) {
	m := wire.Statements()[vexora.Name]
	for _, text := range []string{`"50,00"`, `"5,0000.00"`, "1e5", "-5", "+5", "", "٥٠", "12.345", "KHR 5", `"1.000,50"`} {
		rows := parse(t, "tradeNo,amount,currency,status\nP1,"+text+",KHR,0000\n", m)
		if !rows[0].Amount.IsZero() {
			t.Errorf("%s was read as %s", text, rows[0].Amount)
		}
	}
	if rows := parse(t, "tradeNo,amount,currency,status\nP1,5,EUR,0000\n", m); !rows[0].Amount.IsZero() {
		t.Error("euros were read")
	}
}

func TestZeroIsRead(t *testing.T) {
	major := wire.Statements()[vexora.Name]
	minor := major
	minor.Unit = statement.Minor
	for text, m := range map[string]statement.Mapping{"0": major, "0.00": major, "000.0000": major, "00": minor} {
		rows := parse(t, "tradeNo,amount,currency,status\nP1,"+text+",khr,0000\n", m)
		if !rows[0].Zero || !rows[0].Amount.IsZero() || string(rows[0].Raw) != "P1,,0.00,KHR,0000," {
			t.Errorf("%s: %v, kept as %s", text, rows[0].Zero, rows[0].Raw)
		}
	}
	for _, row := range []string{"5,KHR", ",KHR", "0,EUR", "-0,KHR", "0.001,KHR", "0.,KHR"} {
		if rows := parse(t, "tradeNo,amount,currency,status\nP1,"+row+",0000\n", major); rows[0].Zero {
			t.Errorf("%s was read as zero", row)
		}
	}
	if rows := parse(t, "tradeNo,amount,currency,status\nP1,0.00,KHR,0000\n", minor); rows[0].Zero {
		t.Error("minor units have no point")
	}
}

func TestAWordThatIsNotInTheMappingSettlesNothing(t *testing.T) {
	m := wire.Statements()[vexora.Name]
	for _, word := range []string{"", "0029", "29", "success", "00029x", "0"} {
		rows := parse(t, "tradeNo,amount,currency,status\nP1,5,KHR,"+word+"\n", m)
		if rows[0].Finding != payout.FoundUnlisted {
			t.Errorf("%q became %s", word, rows[0].Finding)
		}
	}
}

func TestAFileThatIsBrokenIsRefusedWithEveryProblem(t *testing.T) {
	m := wire.Statements()[vexora.Name]
	for name, test := range map[string]struct {
		text     string
		problems int
	}{
		"empty":            {"", 1},
		"no rows":          {"tradeNo,amount,currency,status\n", 1},
		"no columns":       {"a,b\n1,2\n", 4},
		"a column twice":   {"tradeNo,tradeNo,amount,currency,status\n1,2,3,4,5\n", 1},
		"shifted rows":     {"tradeNo,amount,currency,status\nP1,5\nP2,5,KHR,0000\nP3,5\n", 2},
		"an open quote":    {"tradeNo,amount,currency,status\n\"P1,5,KHR,0000\n", 1},
		"another encoding": {"tradeNo,amount,currency,status\nP\xff,5,KHR,0000\n", 1},
		"too many rows":    {"tradeNo,amount,currency,status\n" + strings.Repeat("P1,5,KHR,0000\n", statement.Rows+1), 1},
	} {
		_, err := statement.Parse([]byte(test.text), m)
		var unreadable *statement.Unreadable
		if !errors.As(err, &unreadable) || len(unreadable.Problems) != test.problems {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAMappingIsCheckedAsAWhole(t *testing.T) {
	base := wire.Statements()[monetix.Name]
	m, err := statement.ParseMapping([]byte(`{"columns": {"reference": "Order"}, "unit": "minor", "statuses": {"paid": "succeeded"}}`), base)
	if err != nil || m.Columns.Reference != "Order" || m.Columns.Amount != "amount" || m.Statuses["paid"] != payout.FoundSucceeded {
		t.Errorf("%+v, %v", m, err)
	}
	for _, raw := range []string{
		`{"unit": "cents"}`, `{"statuses": {"x": "about_us"}}`, `{"column": {}}`, `{"delimiter": "||"}`,
		`{"columns": {"reference": ""}}`, `{"columns": {"currency": ""}}`, `[`,
	} {
		if _, err := statement.ParseMapping([]byte(raw), base); err == nil {
			t.Errorf("%s was accepted", raw)
		}
	}
	if word := base.Statuses["paid"]; word != "" {
		t.Error("a merchant's mapping changed the default")
	}
	for name, m := range wire.Statements() {
		if _, err := statement.ParseMapping([]byte(`{}`), m); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseNeverPanics(f *testing.F) {
	f.Add([]byte(file))
	f.Add([]byte("tradeNo;amount;currency;status\n\"a\"\"b\";1;KHR;0000"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rows, err := statement.Parse(text, wire.Statements()[vexora.Name])
		if (err == nil) == (len(rows) == 0) {
			t.Errorf("%d rows and %v", len(rows), err)
		}
	})
}

func TestWhatIsKeptOfARowIsTheMappedColumns(t *testing.T) {
	m := wire.Statements()[monetix.Name]
	for name, test := range map[string]struct{ file, want string }{
		"every column":      {"payment_id,request_id,amount,currency,status,code,message\nP1,r-1,50000,KHR,Decline,20000,declined\n", "P1,r-1,50000,KHR,Decline,20000"},
		"in another order":  {"status;account;payment_id;amount;name;currency\nDecline;0014587711;P1; 50000 ;Sophea Chan;KHR\n", "P1,,50000,KHR,Decline,"},
		"commas and quotes": {"payment_id,amount,currency,status\nP1,\"50,000.00\",KHR,\"a \"\"b\"\", c\"\n", `P1,,"50,000.00",KHR,"a ""b"", c",`},
		"a message":         {"payment_id,amount,currency,status,message\nP1,5,KHR,decline,to 001 458-7711 or 855.12.345678: code 20102\n", "P1,,5,KHR,decline,"},
	} {
		rows := parse(t, test.file, m)
		if string(rows[0].Raw) != test.want {
			t.Errorf("%s: %q", name, rows[0].Raw)
		}
	}
}

// Whoever has to add a word to the mapping has to see the word, not the code beside it.
func TestAWordThatTheMappingDoesNotKnowIsShown(t *testing.T) {
	m := wire.Statements()[monetix.Name]
	rows := parse(t, "payment_id,amount,currency,status,code\nP1,5,KHR,Complete,0\nP2,5,KHR,success,0\n", m)
	if rows[0].Finding != payout.FoundUnlisted || rows[0].Code != "Complete" || rows[1].Code != "0" {
		t.Errorf("%+v", rows)
	}
}
