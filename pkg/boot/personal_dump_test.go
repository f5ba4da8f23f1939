package boot_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"go.etcd.io/bbolt"

	"cambodia-payouts/pkg/dynamo"
	"cambodia-payouts/pkg/payout"
)

// fileTexts lists every key and every text of a local store's file: as they stand there,
// and what is base64 in them decoded. Pages that bbolt no longer uses are left out: the
// file belongs to one machine, and threat-model.md says so.
func fileTexts(t *testing.T, path string) []string {
	t.Helper()
	full, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	compact := filepath.Join(t.TempDir(), "compact.db")
	small, err := bbolt.Open(compact, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := bbolt.Compact(small, full, 0); err != nil {
		t.Fatal(err)
	}
	var texts []string
	err = small.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(key, value []byte) error {
				texts = append(texts, string(key), string(value))
				var tree any
				if json.Unmarshal(value, &tree) == nil {
					texts = append(texts, leaves(tree)...)
				}
				return nil
			})
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := small.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(compact)
	if err != nil {
		t.Fatal(err)
	}
	return append(texts, string(raw))
}

// leaves lists the texts of a JSON tree, names included.
func leaves(tree any) []string {
	var all []string
	switch v := tree.(type) {
	case string:
		all = append(all, v)
		if raw, err := base64.StdEncoding.DecodeString(v); err == nil {
			all = append(all, string(raw))
		}
	case []any:
		for _, each := range v {
			all = append(all, leaves(each)...)
		}
	case map[string]any:
		for name, each := range v {
			all = append(append(all, name), leaves(each)...)
		}
	}
	return all
}

// tableLife opens a life on a DynamoDB made by others, and dumps the table. Without one,
// the life is lived on a file, and what is left of it goes through the table's encoder.
func tableLife(t *testing.T) (*life, func() []string) {
	address := os.Getenv("DYNAMODB_ENDPOINT")
	if address == "" {
		if os.Getenv("REQUIRE_DYNAMODB") != "" {
			t.Fatal("REQUIRE_DYNAMODB is set, and DYNAMODB_ENDPOINT is not")
		}
		l, _ := localLife(t)
		return l, func() []string { return encoded(t, l.store) }
	}
	ctx, name := context.Background(), "personal-"+strings.ToLower(rand.Text())
	api := dynamodb.New(dynamodb.Options{BaseEndpoint: aws.String(address), Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider("local", "local", "")})
	if _, err := api.CreateTable(ctx, dynamo.TableSchema(name)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = api.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: aws.String(name)}) })
	l := begin(t, func(*testing.T, func() time.Time) payout.Store { return dynamo.New(api, name) })
	return l, func() []string {
		var texts []string
		pages := dynamodb.NewScanPaginator(api, &dynamodb.ScanInput{TableName: aws.String(name)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Items {
				if !expired(item, l.now()) {
					texts = append(texts, itemTexts(t, item)...)
				}
			}
		}
		return texts
	}
}

// expired reports whether DynamoDB may have deleted the item.
func expired(item map[string]types.AttributeValue, now time.Time) bool {
	n, there := item["expires_at"].(*types.AttributeValueMemberN)
	if !there {
		return false
	}
	at, err := strconv.ParseInt(n.Value, 10, 64)
	return err == nil && at < now.Unix()
}

// encoder takes items down instead of sending them.
type encoder struct {
	dynamo.API
	items []map[string]types.AttributeValue
}

func (e *encoder) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	e.items = append(e.items, in.Item)
	return &dynamodb.PutItemOutput{}, nil
}

// encoded are the payouts and orphans of a store as the table would hold them.
func encoded(t *testing.T, from payout.Store) []string {
	t.Helper()
	ctx, sink := context.Background(), &encoder{}
	table := dynamo.New(sink, "t")
	page, err := from.ListDay(ctx, "2026-05-16", payout.PageQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	orphans, err := from.ListOrphans(ctx, payout.PageQuery{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range page.Payouts {
		err = table.Insert(ctx, p, payout.Whenever)
	}
	for _, o := range orphans.Orphans {
		if o.ID == "" {
			_, err = table.KeepOrphan(ctx, o)
			continue
		}
		p, _ := from.Get(ctx, o.ID)
		err = table.Insert(ctx, p, payout.Whenever)
	}
	if err != nil || len(page.Payouts) < 7 || len(orphans.Orphans) < 2 {
		t.Fatalf("%d payouts, %d orphans: %v", len(page.Payouts), len(orphans.Orphans), err)
	}
	var texts []string
	for _, item := range sink.items {
		texts = append(texts, itemTexts(t, item)...)
	}
	return texts
}

// itemTexts lists names and values. A body that is still kept is compressed, so that no
// search would find anything in it.
func itemTexts(t *testing.T, item map[string]types.AttributeValue) []string {
	t.Helper()
	var all []string
	for name, v := range item {
		all = append(all, name)
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			all = append(all, v.Value)
		case *types.AttributeValueMemberN:
			all = append(all, v.Value)
		case *types.AttributeValueMemberSS:
			all = append(all, v.Value...)
		case *types.AttributeValueMemberM:
			all = append(all, itemTexts(t, v.Value)...)
		case *types.AttributeValueMemberL:
			for _, e := range v.Value {
				all = append(all, itemTexts(t, map[string]types.AttributeValue{"": e})...)
			}
		case *types.AttributeValueMemberB:
			t.Errorf("%s still holds %d bytes", name, len(v.Value))
		}
	}
	return all
}

// guess tries to recover what was paid to whom, as somebody would who has the table and not
// the key: he hashes every number there is, and looks for the hash. Here the right one is
// among his tries.
func (l *life) guess(texts []string) {
	l.t.Helper()
	stored := strings.Join(texts, "\n")
	for what, tries := range l.tries() {
		for _, try := range tries {
			digest := sha256.Sum256([]byte(try))
			// Half of a hash would do him, however it is written.
			for _, written := range []string{
				hex.EncodeToString(digest[:])[:16], base64.RawURLEncoding.EncodeToString(digest[:])[:12],
				base64.StdEncoding.EncodeToString(digest[:])[:12], string(digest[:12]),
			} {
				if strings.Contains(stored, written) {
					l.t.Errorf("the plain hash of %s is stored: %q came out", what, try)
				}
			}
		}
	}
}

// tries are what could have been hashed: every field and unsigned body, and the fields in the
// ways in which keys of recipients and fingerprints once put them together.
func (l *life) tries() map[string][]string {
	tries := map[string][]string{"an unsigned body": l.bodies}
	for _, body := range l.requests {
		var tree map[string]any
		if err := json.Unmarshal([]byte(body), &tree); err != nil {
			l.t.Fatal(err)
		}
		tries["a field"] = append(tries["a field"], leaves(tree)...)
		of := func(parent, name string) string {
			child, _ := tree[parent].(map[string]any)
			text, _ := child[name].(string)
			return text
		}
		d, b := "destination", "beneficiary"
		recipient := []string{of(d, "type"), of(d, "wallet"), of(d, "bank"), of(d, "account_number"), "5000000", "KHR"}
		identity := []string{
			"1", "5000000", "KHR", of(d, "type"), of(d, "wallet"), of(d, "account_id"), of(d, "bank"), of(d, "account_number"),
			of(d, "branch"), of(d, "city"), of(d, "province"), of(b, "id"), of(b, "first_name"), of(b, "last_name"), fmt.Sprint(tree["provider"]),
		}
		tries["a recipient"] = append(tries["a recipient"], strings.Join(recipient, "\x00"), framed(recipient), framed(append([]string{"recipient"}, recipient...)))
		tries["a request"] = append(tries["a request"], framed(identity), framed(identity[1:]), framed(append([]string{"fingerprint"}, identity[1:]...)))
	}
	return tries
}

// framed puts the length before each field.
func framed(fields []string) string {
	var all []byte
	for _, f := range fields {
		all = append(binary.BigEndian.AppendUint32(all, uint32(len(f))), f...)
	}
	return string(all)
}
