// Package telemetry writes what the service tells its operators: JSON log lines
// with an allow-list of keys, and signals as metrics in CloudWatch's embedded
// metric format. Nothing that is not on the list reaches a log, so that an account
// number or a key cannot get there by a careless attribute.
package telemetry
