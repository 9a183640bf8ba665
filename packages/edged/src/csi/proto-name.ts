/** `volumeId` → `volume_id`: a field of CSI as its `.proto` names it. */
export function protoName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
