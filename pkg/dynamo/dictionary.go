package dynamo

// dictionary1 is what provider bodies have in common: member names in the order of
// the seed pages and of the notification tables, with the values that repeat. A
// body that follows it is stored as little more than its ids, times and
// signature. Every byte of it is part of the stored format: it must never change,
// or evidence that is already stored becomes unreadable. A better one would be
// dictionary2 with a format byte of its own.
//
// DEFLATE spends fewer bits on what stands nearer to the end, so the most frequent
// bodies come last: rare answers, then Vexora, then the Monetix callback.
const dictionary1 = `{"status":"error","code":"2004","message":"Required field not provided"}` +
	`{"errors":[{"code":2004,"message":"","field":"","constraint":"","description":""}]}` +
	`"Transaction not found""Payment details not received""decline","awaiting","reversed","processing"` +
	`"code":"20000","message":"General decline"REJECTED_TRANSACTION"status":"00029"` +
	`{"amount":".00","message":"SUCCESS","platFormTradeNo":"VXKHPO","remark":"","sign":"` +
	`","status":"0000","successTime":"2026-","timestamp":"17","tradeNo":"P01"}` +
	`{"platFormTradeNo":"VXKHPO","tradeNo":"P","amount":"","status":"0000","message":"SUCCESS",` +
	`"successTime":"2026-","timestamp":"17","remark":"payout_","sign":""}` +
	`{"msg":"success","code":"8000","timestamp":17,"success":false,"data":null}` +
	`{"msg":"success","code":"0000","timestamp":17,"success":true,"data":{"tradeNo":"P",` +
	`"platFormTradeNo":"VXKHPO","status":"0015","message":"Processing","remark":"payout_"}}` +
	`{"status":"success","request_id":"","project_id":,"payment_id":"P01"}` +
	`{"project_id":,"payment":{"id":"P01","type":"payout","status":"decline","date":"2026-` +
	`{"project_id":,"payment":{"id":"P01","type":"payout","status":"success","date":"2026-` +
	`:00+0000","method":"Banks Cambodia","sum":{"amount":00000,"currency":"USD"},"description":""},` +
	`"customer":{"id":"customer_","phone":"855"},"account":{"number":""},` +
	`"operations":[{"operation":{"id":,"type":"payout","status":"success","date":"2026-T` +
	`:00+0000","created_date":"2026-T:00+0000","request_id":"",` +
	`"sum_initial":{"amount":00000,"currency":"KHR"},"sum_converted":{"amount":00000,"currency":"KHR"},` +
	`"code":"0","message":"Success","provider":{"id":,"payment_id":"","auth_code":""}},"signature":"=="}`
