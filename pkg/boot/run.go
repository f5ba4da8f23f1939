package boot

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"cambodia-payouts/pkg/edge"
	"cambodia-payouts/pkg/provider"
	"cambodia-payouts/pkg/wire"
)

// startLimit bounds the building of a function: Lambda gives ten seconds before
// it counts the start as failed.
const startLimit = 9 * time.Second

// Run builds a function from the environment and serves it until the process
// ends. It returns only when the function cannot be built, with the exit code,
// after writing every problem on a line of its own to standard error. A function that
// only lacks a provider's secret still answers selftests, and nothing else. The types of event and
// answer are those of what is built, and stand nowhere else.
func Run[C Config, In, Out any](build func(context.Context, wire.Assembly) (func(context.Context, In) (Out, error), error)) int {
	return serve(start(Read[C], build))
}

// RunCallback is [Run] for a function that takes one provider's callbacks.
func RunCallback(p provider.Provider) int {
	read := func(environment map[string]string) (CallbackConfig, error) { return ReadCallback(p, environment) }
	return serve(start(read, func(ctx context.Context, a wire.Assembly) (edge.Handler, error) {
		callback, err := a.Callback(ctx, p)
		return edge.NewCallback(callback), err
	}))
}

// serve returns the code with which main ends the process. It ends nothing itself, so that a test
// can call what it calls.
func serve(handler lambda.Handler, err error) int {
	if err != nil {
		Explain(os.Stderr, err)
		return 1
	}
	lambda.Start(handler)
	return 0
}

// start reads, connects and builds, in this order: a fault of the environment is told without a
// call to AWS.
func start[C Config, In, Out any](read func(map[string]string) (C, error), build func(context.Context, wire.Assembly) (func(context.Context, In) (Out, error), error)) (lambda.Handler, error) {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	variables := environment()
	config, err := read(variables)
	if err != nil {
		return nil, err
	}
	parts, err := onAWS(ctx, config)
	if err != nil {
		return nil, err
	}
	test, err := newSelftest(parts, config, variables)
	if err != nil {
		return nil, err
	}
	handler, err := build(ctx, Assemble(parts, config))
	if onlyUnconfigured(err) {
		Explain(os.Stderr, err)
		return tested{unconfigured{err, os.Stderr, os.Exit}, test}, nil
	}
	if err != nil {
		return nil, err
	}
	return tested{lambda.NewHandler(handler), test}, nil
}

// environment takes the variables once, so that the configuration and the digest of it are made
// from the same ones.
func environment() map[string]string {
	variables := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		variables[name] = value
	}
	return variables
}

// Explain writes the problems of a start, one a line, each once: a local run builds every
// function, and several read the same variables.
func Explain(w io.Writer, err error) {
	_, _ = fmt.Fprintln(w, "cannot start:")
	said := map[string]bool{}
	for _, p := range apart(err) {
		if !said[p.text] {
			said[p.text] = true
			_, _ = fmt.Fprintln(w, "  -", p.text)
		}
	}
}

// problem is one of the errors that were joined into one.
type problem struct {
	error
	text string // with what was written before the join
}

// apart takes joined errors apart. What was written before a join is said of each part.
func apart(err error) []problem {
	if err == nil {
		return nil
	}
	if joined, is := err.(interface{ Unwrap() []error }); is { //nolint:errorlint // this one, not one within it
		var all []problem
		var texts []string
		for _, part := range joined.Unwrap() {
			all, texts = append(all, apart(part)...), append(texts, part.Error())
		}
		// Only what is nothing but a join is taken apart: an error with several causes and a text
		// of its own is one problem.
		if strings.Join(texts, "\n") == err.Error() {
			return all
		}
	}
	if within := errors.Unwrap(err); within != nil {
		if before, ends := strings.CutSuffix(err.Error(), within.Error()); ends {
			all := apart(within)
			for i := range all {
				all[i].text = before + all[i].text
			}
			return all
		}
	}
	return []problem{{err, err.Error()}}
}
