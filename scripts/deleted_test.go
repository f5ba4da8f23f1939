package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	newStack   = "## If the stack was deleted"
	recoveries = "../docs/disaster-recovery.md"
)

// Processes keep the stack key that they have read for up to a day, and the new stack has made one
// of its own. So between the copy and the first post there is a deployment, and since one that
// changes nothing starts no process anew, it names a parameter.
func TestADeletedStacksKeyIsInForceBeforeAnybodyPosts(t *testing.T) {
	t.Parallel()
	text := section(t, recoveries, newStack)
	deployments := regexp.MustCompile(`(?m)^make deploy`).FindAllStringIndex(text, -1)
	copied := strings.Index(text, "put-secret-value")
	if len(deployments) != 2 || copied < deployments[0][1] || deployments[1][0] < copied {
		t.Fatalf("deployments at %v, the key is copied at %d", deployments, copied)
	}
	if !strings.Contains(text[copied:deployments[1][0]], "RestoredAt=") {
		t.Error("the second deployment is the first one again: it publishes nothing, and every process goes on with the wrong key")
	}
	for _, posts := range []string{"tell your callers", "(#restore-line-by-line)"} {
		if at := strings.LastIndex(text, posts); at < deployments[1][1] {
			t.Errorf("%q stands at %d, before the second deployment at %d", posts, at, deployments[1][1])
		}
	}
}

// vault is an AWS CLI with two stacks' secrets. It looks for no more in a query than the name.
const vault = `#!/usr/bin/env bash
set -eu
all="$*"
after() { while [ "$1" != "$want" ]; do shift; done; echo "$2"; }
case $all in
*describe-stacks*) name=${all#*OutputKey==\'}; echo "arn:new:${name%%Arn\'*}" ;;
*list-secrets*) name=${all#*starts_with(Name, \'}; name=${name%%-\'*}
  case $all in *"ARN!='arn:new:$name'"*"Value=='cambodia-payouts-prod'"*) ;; *) echo "would list others: $all" >&2; exit 1 ;; esac
  [ "$name" = PeopleSecret ] && [ -n "${NONE-}" ] || echo "arn:old:$name" ;;
*get-secret-value*) want=--secret-id; id=$(after "$@"); case $id in arn:old:*) printf 'document of\n%s\n' "$id" ;; *) echo "no secret $id" >&2; exit 254 ;; esac ;;
*put-secret-value*) want=--secret-id; id=$(after "$@"); want=--secret-string; file=$(after "$@"); printf '%s=%s\n' "$id" "$(cat "${file#file://}")" >>"$PUT" ;;
*) echo "no answer to $all" >&2; exit 2 ;;
esac
`

// The lines that copy the documents are pasted as they stand.
func TestTheDocumentsOfADeletedStackAreCopied(t *testing.T) {
	t.Parallel()
	var lines string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(section(t, recoveries, newStack), -1) {
		if strings.Contains(block[1], "put-secret-value") {
			lines = block[1]
		}
	}
	ready := blocks(t, nightly[0])
	var output string
	for _, block := range ready {
		if found := regexp.MustCompile(`(?m)^output\(\).*$`).FindString(block); found != "" {
			output = found
		}
	}
	if strings.Contains(lines, "<") || output == "" {
		t.Fatalf("nobody can paste\n%s", lines)
	}
	for _, none := range []string{"", "1"} {
		folder := t.TempDir()
		copied{t, folder}.write("bin/aws", vault)
		paste := exec.Command("bash", "-c", output+"\n"+lines)
		paste.Dir = folder
		paste.Env = append(os.Environ(), "PATH="+filepath.Join(folder, "bin")+":"+os.Getenv("PATH"), "PUT="+filepath.Join(folder, "put"), "STACK=cambodia-payouts-prod", "NONE="+none)
		said, _ := paste.CombinedOutput() // the last secret may fail
		put, _ := os.ReadFile(filepath.Join(folder, "put"))
		var want strings.Builder
		for _, name := range []string{"StackKey", "VexoraSecret", "MonetixSecret", "WebhookSecret", "PeopleSecret"} {
			if none == "" || name != "PeopleSecret" {
				want.WriteString("arn:new:" + name + "=document ofarn:old:" + name + "\n")
			}
		}
		if string(put) != want.String() {
			t.Errorf("with none of one: %q\n%sput\n%s", none, said, put)
		}
		if _, err := os.Stat(filepath.Join(folder, "document")); err == nil {
			t.Error("a document with keys is left behind")
		}
	}
}
