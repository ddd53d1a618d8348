// Calls GetCallerIdentity with the AWS SDK for Go v2. Arguments and output: tests/callers/README.md.
package main

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"callers/contract"
)

func main() {
	contract.Run(func(endpoint, profile string) (contract.Call, error) {
		ctx := context.Background()
		cfg, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile))
		if err != nil {
			return nil, err
		}
		client := sts.NewFromConfig(cfg, func(o *sts.Options) { o.BaseEndpoint = aws.String(endpoint) })
		return func() (string, error) {
			answer, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
			if err != nil {
				return "", err
			}
			return aws.ToString(answer.Arn), nil
		}, nil
	})
}
