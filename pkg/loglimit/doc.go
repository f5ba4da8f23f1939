// Package loglimit bounds the log lines that strangers cause. A callback address is
// public: without a bound, whoever posts to it writes as many lines as he likes, and
// somebody pays for them and has to read them.
package loglimit
