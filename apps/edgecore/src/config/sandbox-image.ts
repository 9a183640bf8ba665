/** 2020's pause image: the effective default, and what the minimal file names for an architecture. */
export const sandboxImage2020 = {
  default: 'kubeedge/pause:3.1',
  forArch(arch: string): string {
    if (arch === 'arm') return 'kubeedge/pause-arm:3.1';
    return arch === 'arm64' ? 'kubeedge/pause-arm64:3.1' : 'kubeedge/pause:3.1';
  },
} as const;
