// Genuine OPA as one side of the benchmarks: a prepared query, JSON bytes in.
//
// Usage: opa-go POLICY DATA INPUT. Prints the decision as JSON, then for each
// number N on standard input the CPU microseconds of one decision, measured
// over at least N milliseconds of CPU time.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 4 {
		log.Fatal("usage: opa-go POLICY DATA INPUT")
	}
	policy, data, input := read(os.Args[1]), read(os.Args[2]), read(os.Args[3])
	query, err := rego.New(
		rego.Query("data.bench.result"),
		rego.Module("policy.rego", string(policy)),
		rego.Store(inmem.NewFromReader(bytes.NewReader(data))),
	).PrepareForEval(context.Background())
	check(err)
	decide := func() any {
		document, err := ast.ValueFromReader(bytes.NewReader(input))
		check(err)
		results, err := query.Eval(context.Background(), rego.EvalParsedInput(document))
		check(err)
		if len(results) == 0 {
			return nil
		}
		return results[0].Expressions[0].Value
	}
	check(json.NewEncoder(os.Stdout).Encode(decide()))
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		milliseconds, err := strconv.Atoi(lines.Text())
		check(err)
		fmt.Println(microsecondsPerCall(decide, time.Duration(milliseconds)*time.Millisecond))
	}
}

func microsecondsPerCall(work func() any, least time.Duration) float64 {
	start := cpuTime()
	calls := 0
	for used := time.Duration(0); used < least; used = cpuTime() - start {
		work()
		calls++
	}
	return float64((cpuTime() - start).Nanoseconds()) / float64(calls) / 1000
}

// CPU time of all threads, the garbage collector's included.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	check(syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func read(path string) []byte {
	content, err := os.ReadFile(path)
	check(err)
	return content
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
