import { type CloudProfileSetting, parseCloudProfile } from '@edgecore/api';
import type { ProblemList } from './problems.js';
import type { ConfigReader } from './reader.js';

export const CLOUD_PROFILE_VARIABLE = 'EDGECORE_CLOUD_PROFILE';

/** Who may say which cloud this is, strongest first: flag, environment, key, format (config.md §9 L2). */
export function cloudProfileOf(
  reader: ConfigReader,
  { flag, variable }: { flag: string | undefined; variable: string | undefined },
  problems: ProblemList,
): CloudProfileSetting {
  const key = 'edgecoreTs.cloudProfile';
  const line = reader.line(key);
  const sources: readonly { name: string; value: string | undefined; line?: number | undefined }[] = [
    { name: '--cloud-profile', value: flag },
    { name: CLOUD_PROFILE_VARIABLE, value: variable },
    { name: key, value: reader.optionalText(key), line },
  ];
  // An unreadable value is an error even where a stronger one overrides it.
  const settings = sources.map(({ name, value, line: at }) => {
    if (value === undefined || value === '') return undefined;
    try {
      return parseCloudProfile(value);
    } catch {
      problems.add({
        severity: 'error',
        kind: 'value',
        path: name,
        ...(at === undefined ? {} : { line: at }),
        value,
        message: `"${value}" must be auto, 2020 or current`,
      });
      return undefined;
    }
  });
  const chosen = settings.find((setting) => setting !== undefined);
  return chosen ?? (reader.version === 'v1alpha1' ? '2020' : 'current');
}
