import type {
  ConfigProperty,
  ConfigSection,
  SectionType,
} from '../../src/config/config-section.ts';
import type { Sources } from '../../src/config/resolve-session.ts';

/** Which keys were asked for, in sections of which kind. */
export type AskedKeys = ReadonlyMap<SectionType, ReadonlySet<string>>;

/** The same sources, which note every key that is asked for. */
export function recordKeys(sources: Sources): {
  readonly sources: Sources;
  readonly asked: AskedKeys;
} {
  const asked = new Map<SectionType, Set<string>>();
  const watch = (section: ConfigSection | undefined): ConfigSection | undefined => {
    if (section === undefined) return undefined;
    const keys = asked.get(section.type) ?? new Set();
    asked.set(section.type, keys);
    return { ...section, properties: new WatchedProperties(section.properties, keys) };
  };
  const { config } = sources;
  return {
    asked,
    sources: {
      ...sources,
      config: {
        profile: (name) => watch(config.profile(name)),
        ssoSession: (name) => watch(config.ssoSession(name)),
        oidcSession: (name) => watch(config.oidcSession(name)),
        services: (name) => watch(config.services(name)),
        settings: () => watch(config.settings()),
        names: (type) => config.names(type),
      },
    },
  };
}

class WatchedProperties extends Map<string, ConfigProperty> {
  readonly #asked: Set<string>;

  constructor(properties: ReadonlyMap<string, ConfigProperty>, asked: Set<string>) {
    super(properties);
    this.#asked = asked;
  }

  override get(key: string): ConfigProperty | undefined {
    this.#asked.add(key);
    return super.get(key);
  }
}
