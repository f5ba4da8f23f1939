package main

import (
	"encoding/json"
	"mime"
	"net"
	"net/http"
	"slices"
	"strings"

	"cambodia-payouts/pkg/edge"
)

// guarded lets a listener's own machine in and nobody else. Loopback alone keeps no web
// page out: a browser sends what a page of any site asks for, under a name that its owner
// may have led here, and nothing on this machine asks for a signature. The Host header tells a
// stranger's name that leads to 127.0.0.1, and the two other headers tell pages of other sites
// (decision 0021).
func guarded(h http.Handler, listener net.Listener) http.Handler {
	hosts := hostsOf(listener)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		// 421 says that the request has reached the wrong server, which is what happened.
		case !slices.Contains(hosts, strings.ToLower(r.Host)):
			refuse(w, http.StatusMisdirectedRequest, "host", "this run answers to 127.0.0.1, localhost and [::1] with its port")
		case crossSite(r):
			refuse(w, http.StatusForbidden, "cross-site", "this run takes no requests from the pages of other sites")
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// hostsOf are the names by which a listener may be called. The port belongs to the name: a page of
// another program on this machine is another site.
func hostsOf(listener net.Listener) []string {
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	var hosts []string
	for _, name := range []string{"127.0.0.1", "localhost", "::1"} {
		hosts = append(hosts, net.JoinHostPort(name, port))
	}
	if port == "80" { // the one port that nobody writes
		hosts = append(hosts, "127.0.0.1", "localhost", "[::1]")
	}
	return hosts
}

// crossSite reports whether a browser says that a page of another site asks. The host has
// been checked, so that an origin of the same name is this run's own page. curl sends neither
// header, and is let in.
func crossSite(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return true
	}
	origin := r.Header.Get("Origin")
	return origin != "" && !strings.EqualFold(origin, "http://"+r.Host)
}

// typed takes posts of these types alone: a page may post text and forms without asking
// first. JSON makes a browser ask first, and nothing here grants it. On AWS the type is left aside:
// there a browser has no signature to lend.
func typed(h http.Handler, types ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
		if r.Method == http.MethodPost && (err != nil || !slices.Contains(types, kind)) {
			refuse(w, http.StatusUnsupportedMediaType, "content-type", "send the header content-type: "+types[0])
			return
		}
		h.ServeHTTP(w, r)
	})
}

// refuse answers as the handlers do. The code is one of this run alone, so that nobody looks for it
// in the API's documents.
func refuse(w http.ResponseWriter, status int, code edge.Code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(edge.Problem{
		Type: "urn:cambodia-payouts:problem:" + string(code), Title: http.StatusText(status), Status: status, Code: code, Detail: detail,
	})
}
