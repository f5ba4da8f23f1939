package vexora_test

import "testing"

func TestWhichTextsCouldBeCutOtherwise(t *testing.T) {
	begin := `{"tradeNo":"T1","platFormTradeNo":"VX1","amount":"50000","status":"0000","timestamp":"1"`
	tests := map[string]struct {
		members   string
		ambiguous bool
	}{
		"the documented notification":   {`,"message":"SUCCESS","remark":"May"`, false},
		"free text":                     {`,"message":"a;b:c=d; code=51","successTime":"2026-05-16 15:10:05"`, false},
		"an unknown member":             {`,"payType-2_x":"1"`, false},
		"an empty unknown member":       {`,"payType":""`, false},
		"a null":                        {`,"remark":null`, false},
		"a name with a blank":           {`,"pay type":"1"`, true},
		"an unsigned name with a \"=\"": {`,"a=b":"","":"","a b":""`, false},
		"a name of another script":      {`,"ក":"1"`, true},
		"a status in a value":           {`,"message":"xstatus=0015"`, true},
		"a reference in a value":        {`,"u":"tradeNo=T2"`, true},
		"an amount in a value":          {`,"channelCode":"amount=1"`, true},
		"a name that ends like ours":    {`,"xstatus":"0015"`, true},
	}
	for name, tt := range tests {
		c, err := verify(t, signed(t, begin+tt.members+"}", rielSecret))
		if err != nil || (c.Ambiguous != "") != tt.ambiguous {
			t.Errorf("%s: ambiguous %q, %v", name, c.Ambiguous, err)
		}
	}
}
