// Calls GetCallerIdentity with the AWS SDK for JavaScript v2. Arguments and output: tests/callers/README.md.
const [endpoint, profile, clients, calls] = process.argv.slice(2);
process.env.AWS_PROFILE = profile;
// Without it the config file is not read.
process.env.AWS_SDK_LOAD_CONFIG = '1';
const { CredentialProviderChain, STS } = require('aws-sdk');

async function call() {
  try {
    const credentialProvider = new CredentialProviderChain();
    const client = new STS({ endpoint, credentialProvider });
    let arn;
    for (let n = 0; n < Number(calls); n += 1) {
      ({ Arn: arn } = await client.getCallerIdentity().promise());
    }
    return `ok ${arn}`;
  } catch (error) {
    return `error ${String(error).replaceAll('\n', ' ')}`;
  }
}

void Promise.all(Array.from({ length: Number(clients) }, call)).then((outcomes) => {
  process.stdout.write(`${outcomes.join('\n')}\n`);
  process.exitCode = outcomes.some((outcome) => outcome.startsWith('error ')) ? 1 : 0;
});
