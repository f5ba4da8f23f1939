// Command receiver is an example of the merchant's side: it listens for events,
// verifies them, handles each once, and prints them with the gaps that it sees.
//
//	WEBHOOK_SECRET=whsec_… go run ./cmd/receiver -listen 127.0.0.1:9090
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9090", "where to listen")
	flag.Parse()
	// During a rotation: both, with a comma between them, and none behind the last.
	r, err := newShop(os.Stdout, strings.Split(os.Getenv("WEBHOOK_SECRET"), ",")...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "set WEBHOOK_SECRET to the secret of the service's webhook:", err)
		os.Exit(2)
	}
	server := &http.Server{Addr: *listen, Handler: r, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second}
	fmt.Println("listening on", *listen)
	if err := server.ListenAndServe(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
