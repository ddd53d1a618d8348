/** An SDK whose treatment of a `credential_process` is known. */
export interface Sdk {
  /** As a person calls it; what is built on it in the same breath. */
  readonly name: string;
  /** What was read, as the page on compatibility cites it. */
  readonly source: string;
  /** What was run besides; undefined where nothing was. */
  readonly run?: string;
}

/** The SDKs, with the versions that the facts about them are from; a newer one may differ. */
export const sdks = {
  boto: {
    name: 'AWS CLI and boto3',
    source: 'boto/botocore 1.43.67, aws/aws-cli 2.36.7',
    run: 'boto3 1.43.11, AWS CLI 1.45.11 and 2.9.19',
  },
  js3: {
    name: 'JavaScript v3',
    source: '@aws-sdk/credential-provider-ini 3.972, @aws-sdk/credential-provider-node 3.972',
    run: '@aws-sdk/client-sts 3.1169',
  },
  js2: { name: 'JavaScript v2', source: 'aws/aws-sdk-js 657d6feb', run: 'aws-sdk 2.1693' },
  go2: {
    name: 'Go v2 and Terraform',
    source: 'aws/aws-sdk-go-v2 (config), hashicorp/aws-sdk-go-base',
    run: 'Terraform 1.11.4 with provider aws 5.100.0',
  },
  go1: { name: 'Go v1', source: 'aws/aws-sdk-go 8d203ccf' },
  java: { name: 'Java v2', source: 'aws/aws-sdk-java-v2 09c61e29' },
  rust: { name: 'Rust', source: 'smithy-lang/smithy-rs 56ee88c5' },
  kotlin: { name: 'Kotlin', source: 'awslabs/aws-sdk-kotlin 05ea93b9' },
  net: { name: '.NET', source: 'aws/aws-sdk-net 09346de4' },
  php: { name: 'PHP', source: 'aws/aws-sdk-php 00b17f99' },
  ruby: { name: 'Ruby', source: 'aws/aws-sdk-ruby bac3491f', run: 'aws-sdk-core 3.168.1' },
  swift: { name: 'Swift', source: 'awslabs/aws-sdk-swift' },
  cpp: { name: 'C++', source: 'aws/aws-sdk-cpp 0e8e4f8c' },
  crt: {
    name: 'C runtime (mountpoint-s3, device SDKs)',
    source: 'awslabs/aws-c-auth 495329c2, aws-c-sdkutils cb14fea3',
    run: 'the parser of aws-c-sdkutils',
  },
} as const satisfies Readonly<Record<string, Sdk>>;

/** The short name of an SDK in our own data. */
export type SdkId = keyof typeof sdks;

/** All of them, in the order in which they are shown. */
export const sdkIds = Object.keys(sdks) as readonly SdkId[];

/** Some SDKs by name, as a sentence lists them. */
export function nameSdks(ids: readonly SdkId[]): string {
  return sdkIds
    .filter((id) => ids.includes(id))
    .map((id) => sdks[id].name)
    .join(', ');
}
