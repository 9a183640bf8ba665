/** The little of the discovery documents that clients ask for before anything else. */
export const DISCOVERY: Readonly<Record<string, object>> = {
  '/version': {
    major: '1',
    minor: '32',
    // Clients compare it with theirs; the rest says what this is.
    gitVersion: 'v1.32.0+minicloud',
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: '',
    platform: '',
  },
  '/api': {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [],
  },
  '/apis': { kind: 'APIGroupList', apiVersion: 'v1', groups: [] },
  '/api/v1': {
    kind: 'APIResourceList',
    groupVersion: 'v1',
    resources: [
      resource('nodes', 'Node', { verbs: ['get', 'list'], singularName: 'node', shortNames: ['no'] }, false),
      resource('nodes/proxy', 'NodeProxyOptions', { verbs: ['get'] }, false),
      resource('pods', 'Pod', {
        verbs: ['get', 'list'],
        singularName: 'pod',
        shortNames: ['po'],
        categories: ['all'],
      }),
      resource('pods/attach', 'PodAttachOptions', { verbs: ['create', 'get'] }),
      resource('pods/exec', 'PodExecOptions', { verbs: ['create', 'get'] }),
      resource('pods/log', 'Pod', { verbs: ['get'] }),
      resource('pods/portforward', 'PodPortForwardOptions', { verbs: ['create', 'get'] }),
    ],
  },
};

function resource(name: string, kind: string, more: object, namespaced = true): object {
  return { name, singularName: '', namespaced, kind, ...more };
}
