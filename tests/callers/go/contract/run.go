// Package contract does what each program here does alike.
package contract

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Call calls GetCallerIdentity and gives the ARN.
type Call func() (string, error)

// Run lets clients call as the command line says, and prints what each of them got.
func Run(open func(endpoint, profile string) (Call, error)) {
	endpoint, profile := os.Args[1], os.Args[2]
	clients, calls := number(os.Args[3]), number(os.Args[4])
	outcomes := make(chan error, clients)
	for range clients {
		go func() { outcomes <- use(open, endpoint, profile, calls) }()
	}
	status := 0
	for range clients {
		if err := <-outcomes; err != nil {
			status = 1
			fmt.Println("error", strings.ReplaceAll(err.Error(), "\n", " "))
		}
	}
	os.Exit(status)
}

func use(open func(endpoint, profile string) (Call, error), endpoint, profile string, calls int) error {
	call, err := open(endpoint, profile)
	if err != nil {
		return err
	}
	arn := ""
	for range calls {
		if arn, err = call(); err != nil {
			return err
		}
	}
	fmt.Println("ok", arn)
	return nil
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return n
}
