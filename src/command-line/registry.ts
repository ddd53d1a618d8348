import { accounts } from './accounts.ts';
import { completion } from './completion.ts';
import { configure } from './configure.ts';
import { configureImport } from './configure-import.ts';
import { configureOidc } from './configure-oidc.ts';
import { configurePopulate } from './configure-populate.ts';
import { configureSso } from './configure-sso.ts';
import { console } from './console.ts';
import { credentials } from './credentials.ts';
import type { Command } from './define-command.ts';
import { doctor } from './doctor.ts';
import { env } from './env.ts';
import { exec } from './exec.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { renewal } from './renewal.ts';
import { roles } from './roles.ts';
import { status } from './status.ts';
import { token } from './token.ts';
import { worker } from './worker.ts';

/** A program's commands: what it does without a word, then those that are named, as `--help` lists them. */
export type Commands = readonly [unnamed: Command, ...named: readonly Command[]];

/** All that sso-cred does. */
export const registry: Commands = [
  credentials,
  login,
  logout,
  status,
  doctor,
  exec,
  env,
  console,
  accounts,
  roles,
  configure,
  configureSso,
  configureOidc,
  configurePopulate,
  configureImport,
  token,
  completion,
  worker,
  renewal,
];
