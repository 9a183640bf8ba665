import type { MessageType } from '../proto/message-type.js';
import * as messages from './messages.js';

/** One method of a service a plug-in serves. */
export interface Method {
  readonly path: string;
  readonly request: MessageType;
  readonly response: MessageType;
}

const { EMPTY } = messages;

/** The services of a plug-in's two sockets: registration (kubelet's), and the driver itself. */
export const Registration = {
  getInfo: {
    path: '/pluginregistration.Registration/GetInfo',
    request: EMPTY,
    response: messages.PLUGIN_INFO,
  },
  notifyRegistrationStatus: {
    path: '/pluginregistration.Registration/NotifyRegistrationStatus',
    request: messages.REGISTRATION_STATUS,
    response: EMPTY,
  },
} as const satisfies Record<string, Method>;

export const Node = {
  getInfo: { path: '/csi.v1.Node/NodeGetInfo', request: EMPTY, response: messages.NODE_GET_INFO_RESPONSE },
  getCapabilities: {
    path: '/csi.v1.Node/NodeGetCapabilities',
    request: EMPTY,
    response: messages.NODE_GET_CAPABILITIES_RESPONSE,
  },
  stageVolume: {
    path: '/csi.v1.Node/NodeStageVolume',
    request: messages.NODE_STAGE_VOLUME_REQUEST,
    response: EMPTY,
  },
  unstageVolume: {
    path: '/csi.v1.Node/NodeUnstageVolume',
    request: messages.NODE_UNSTAGE_VOLUME_REQUEST,
    response: EMPTY,
  },
  publishVolume: {
    path: '/csi.v1.Node/NodePublishVolume',
    request: messages.NODE_PUBLISH_VOLUME_REQUEST,
    response: EMPTY,
  },
  unpublishVolume: {
    path: '/csi.v1.Node/NodeUnpublishVolume',
    request: messages.NODE_UNPUBLISH_VOLUME_REQUEST,
    response: EMPTY,
  },
} as const satisfies Record<string, Method>;

/** By the operation of the cloud's message (wire.md §6.1 D23). */
export const Controller: Readonly<Record<string, Method>> = {
  createvolume: {
    path: '/csi.v1.Controller/CreateVolume',
    request: messages.CREATE_VOLUME_REQUEST,
    response: messages.CREATE_VOLUME_RESPONSE,
  },
  deletevolume: {
    path: '/csi.v1.Controller/DeleteVolume',
    request: messages.DELETE_VOLUME_REQUEST,
    response: EMPTY,
  },
  controllerpublishvolume: {
    path: '/csi.v1.Controller/ControllerPublishVolume',
    request: messages.CONTROLLER_PUBLISH_VOLUME_REQUEST,
    response: messages.CONTROLLER_PUBLISH_VOLUME_RESPONSE,
  },
  controllerunpublishvolume: {
    path: '/csi.v1.Controller/ControllerUnpublishVolume',
    request: messages.CONTROLLER_UNPUBLISH_VOLUME_REQUEST,
    response: EMPTY,
  },
};
