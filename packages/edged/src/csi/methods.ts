import { type GrpcMethod, method } from '@edgecore/grpc';
import * as messages from './messages.js';

/** The services of a plug-in's two sockets: registration (kubelet's), and the driver itself. */
export const Registration = {
  getInfo: method('/pluginregistration.Registration/GetInfo', messages.Empty, messages.PluginInfo),
  notifyRegistrationStatus: method(
    '/pluginregistration.Registration/NotifyRegistrationStatus',
    messages.RegistrationStatus,
    messages.Empty,
  ),
};

export const Node = {
  getInfo: method('/csi.v1.Node/NodeGetInfo', messages.Empty, messages.NodeGetInfoResponse),
  getCapabilities: method(
    '/csi.v1.Node/NodeGetCapabilities',
    messages.Empty,
    messages.NodeGetCapabilitiesResponse,
  ),
  stageVolume: method('/csi.v1.Node/NodeStageVolume', messages.NodeStageVolumeRequest, messages.Empty),
  unstageVolume: method('/csi.v1.Node/NodeUnstageVolume', messages.NodeUnstageVolumeRequest, messages.Empty),
  publishVolume: method('/csi.v1.Node/NodePublishVolume', messages.NodePublishVolumeRequest, messages.Empty),
  unpublishVolume: method(
    '/csi.v1.Node/NodeUnpublishVolume',
    messages.NodeUnpublishVolumeRequest,
    messages.Empty,
  ),
};

/** By the operation of the cloud's message (wire.md §6.1 D23). */
export const Controller: Readonly<Record<string, GrpcMethod>> = {
  createvolume: method(
    '/csi.v1.Controller/CreateVolume',
    messages.CreateVolumeRequest,
    messages.CreateVolumeResponse,
  ),
  deletevolume: method('/csi.v1.Controller/DeleteVolume', messages.DeleteVolumeRequest, messages.Empty),
  controllerpublishvolume: method(
    '/csi.v1.Controller/ControllerPublishVolume',
    messages.ControllerPublishVolumeRequest,
    messages.ControllerPublishVolumeResponse,
  ),
  controllerunpublishvolume: method(
    '/csi.v1.Controller/ControllerUnpublishVolume',
    messages.ControllerUnpublishVolumeRequest,
    messages.Empty,
  ),
};
