package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"
)

// What is printed has to work as it stands: sam is in .tools and not on the path.
func TestTheWelcomePrintsTargetsOfTheMakefile(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	welcome(&out, options{template: "template.yaml", endpoint: "http://127.0.0.1:8000"}, "8001")
	targets := regexp.MustCompile(`(?m)^  make ([a-z-]+)(.*)$`).FindAllStringSubmatch(out.String(), -1)
	if len(targets) != 3 || strings.Contains(out.String(), "  sam ") {
		t.Errorf("%s", out.String())
	}
	for _, target := range targets {
		if !strings.Contains(string(makefile), "\n"+target[1]+":") {
			t.Errorf("there is no target %s", target[1])
		}
		if event := regexp.MustCompile(`EVENT=(\S+)`).FindStringSubmatch(target[2]); event != nil {
			if _, err := os.Stat("../../" + event[1]); err != nil {
				t.Error(err)
			}
		}
	}
}
