# Calls GetCallerIdentity with the AWS SDK for Ruby. Arguments and output: tests/callers/README.md.
require 'aws-sdk-core'

endpoint, profile, clients, calls = ARGV

# A client of its own, with the default chain of credential providers.
outcomes = Array.new(Integer(clients)) do
  Thread.new do
    client = Aws::STS::Client.new(profile: profile, endpoint: endpoint)
    arn = nil
    Integer(calls).times { arn = client.get_caller_identity.arn }
    "ok #{arn}"
  rescue StandardError => e
    "error #{e.class}: #{e.message.tr("\n", ' ')}"
  end
end.map(&:value)
puts outcomes
exit outcomes.all? { |outcome| outcome.start_with?('ok ') }
