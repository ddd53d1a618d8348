import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { fromIni, fromProcess } from '@aws-sdk/credential-providers';

const profile = process.env['AWS_PROFILE'] ?? 'default';

/** The ways in which programs in JavaScript come to the credentials of that profile. */
const providers = {
  fromIni: () => ({ credentials: fromIni({ profile }) }),
  fromProcess: () => ({ credentials: fromProcess({ profile }) }),
  default: () => ({}),
};

/** Calls GetCallerIdentity with a client of its own, which resolves the credentials anew. */
async function call(provider: keyof typeof providers): Promise<{ arn?: string; error?: string }> {
  try {
    const client = new STSClient(providers[provider]());
    const { Arn } = await client.send(new GetCallerIdentityCommand());
    return Arn === undefined ? { error: 'no Arn' } : { arn: Arn };
  } catch (error) {
    return { error: String(error) };
  }
}

// Arguments: the provider, and how many clients at once. Prints one JSON array with what each got.
const [provider = '', count = '1'] = process.argv.slice(2);
if (!Object.hasOwn(providers, provider)) throw new Error(`No provider ${provider}`);
const calls = Array.from({ length: Number(count) }, () => call(provider as keyof typeof providers));
process.stdout.write(`${JSON.stringify(await Promise.all(calls))}\n`);
