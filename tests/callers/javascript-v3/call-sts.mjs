// Calls GetCallerIdentity with the AWS SDK for JavaScript v3. The first argument says how it comes to the
// credentials; the other arguments and the output: tests/callers/README.md.
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromIni, fromProcess } from '@aws-sdk/credential-providers';

const [provider, endpoint, profile, clients, calls] = process.argv.slice(2);

const credentials = {
  fromIni: () => fromIni({ profile }),
  fromProcess: () => fromProcess({ profile }),
  default: () => undefined,
}[provider];

async function call() {
  try {
    const client = new STSClient({ endpoint, profile, credentials: credentials() });
    let arn;
    for (let n = 0; n < Number(calls); n += 1) {
      ({ Arn: arn } = await client.send(new GetCallerIdentityCommand()));
    }
    return `ok ${arn}`;
  } catch (error) {
    return `error ${String(error).replaceAll('\n', ' ')}`;
  }
}

const outcomes = await Promise.all(Array.from({ length: Number(clients) }, call));
process.stdout.write(`${outcomes.join('\n')}\n`);
process.exitCode = outcomes.some((outcome) => outcome.startsWith('error ')) ? 1 : 0;
