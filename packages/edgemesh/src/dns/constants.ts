/** Record types the mesh knows; others are only passed on. */
export const RecordType = { A: 1, CNAME: 5, SOA: 6, PTR: 12, AAAA: 28, SRV: 33, OPT: 41, ANY: 255 } as const;

export const Rcode = { noError: 0, formErr: 1, servFail: 2, nxDomain: 3, notImp: 4, refused: 5 } as const;

export const HEADER_BYTES = 12;
/** Largest answer over UDP without EDNS. */
export const PLAIN_UDP_BYTES = 512;
/** Largest answer over UDP with EDNS: no fragments on any usual link. */
export const EDNS_UDP_BYTES = 1232;
/** Lifetime of the mesh's own records, seconds (edgemesh.md §6). */
export const OWN_TTL_SECONDS = 30;
