/** Group names, exactly as they appear in `route.group` (beehive.md §1). */
export const Group = {
  hub: 'hub',
  meta: 'meta',
  edged: 'edged',
  twin: 'twin',
  bus: 'bus',
  mesh: 'mesh',
  edgestream: 'edgestream',
  taskmanager: 'taskmanager',
  /** What the cloud writes into downstream messages (wire.md §6.1). */
  resource: 'resource',
  func: 'func',
  user: 'user',
} as const;

/** Module names that are the same with every cloud (beehive.md §1). MetaManager's differs: see {@link CloudProfile.metaManagerName}. */
export const ModuleName = {
  edgehub: 'websocket',
  edged: 'edged',
  twin: 'twin',
  eventbus: 'eventbus',
  servicebus: 'servicebus',
  edgemesh: 'edgemesh',
  edgestream: 'edgestream',
  taskmanager: 'taskmanager',
  /** Name used on the in-process bus; the wire source is {@link CloudProfile.metaManagerName}. */
  metamanager: 'metamanager',
  dbtest: 'testManager',
} as const;

/** `route.source` words of the cloud's controllers (wire.md §6.1). */
export const CloudSource = {
  edgecontroller: 'edgecontroller',
  devicecontroller: 'devicecontroller',
  dynamiccontroller: 'dynamiccontroller',
  policycontroller: 'policycontroller',
  cloudhub: 'cloudhub',
  routerEventbus: 'router_eventbus',
  routerServicebus: 'router_servicebus',
  /** ServiceBus's caller of 2020; no CloudCore of that time sends it, other routers may (servicebus.md §1). */
  routerRest: 'router_rest',
} as const;
