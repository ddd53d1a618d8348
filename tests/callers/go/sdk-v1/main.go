// Calls GetCallerIdentity with the AWS SDK for Go v1. Arguments and output: tests/callers/README.md.
package main

import (
	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/sts"

	"callers/contract"
)

func main() {
	contract.Run(func(endpoint, profile string) (contract.Call, error) {
		s, err := session.NewSessionWithOptions(session.Options{
			Profile: profile,
			// Without it the config file is not read.
			SharedConfigState: session.SharedConfigEnable,
		})
		if err != nil {
			return nil, err
		}
		client := sts.New(s, aws.NewConfig().WithEndpoint(endpoint))
		return func() (string, error) {
			answer, err := client.GetCallerIdentity(&sts.GetCallerIdentityInput{})
			if err != nil {
				return "", err
			}
			return aws.StringValue(answer.Arn), nil
		}, nil
	})
}
