const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const SUBDOMAIN = new RegExp(`^${LABEL}(\\.${LABEL})*$`);

/** What Kubernetes says of a name that is none. */
export const NODE_NAME_RULE =
  'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "-" or ".", and must start and end with an alphanumeric character';

/** Can a Kubernetes node have this name (RFC 1123 subdomain, at most 253 characters)? */
export function isNodeName(name: string): boolean {
  return name.length <= 253 && SUBDOMAIN.test(name);
}
