// Calls GetCallerIdentity with what Terraform's AWS provider finds its credentials by, aws-sdk-go-base.
// Arguments and output: tests/callers/README.md.
package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	awsbase "github.com/hashicorp/aws-sdk-go-base/v2"
	"github.com/hashicorp/aws-sdk-go-base/v2/diag"

	"callers/contract"
)

func main() {
	contract.Run(func(endpoint, profile string) (contract.Call, error) {
		ctx := context.Background()
		ctx, cfg, diagnostics := awsbase.GetAwsConfig(ctx, &awsbase.Config{Profile: profile})
		if diagnostics.HasError() {
			return nil, asError(diagnostics)
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

// What Terraform prints of them.
func asError(diagnostics diag.Diagnostics) error {
	var all []error
	for _, d := range diagnostics.Errors() {
		all = append(all, fmt.Errorf("%s: %s", d.Summary(), d.Detail()))
	}
	return errors.Join(all...)
}
