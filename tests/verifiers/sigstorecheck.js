// sigstorecheck.js PROOF VKEY: verifies the proof of an entry with npm's @sigstore/verify, as it
// verifies an entry of a transparency log: inclusion by the Merkle proof, and the checkpoint's
// signature. Nothing of retentiond takes part. NODE_PATH names the modules.
'use strict';
const crypto = require('crypto');
const fs = require('fs');
const { verifyTLogTimestamp } = require('@sigstore/verify/dist/timestamp');

const [proofFile, vkeyFile] = process.argv.slice(2);
const vkey = fs.readFileSync(vkeyFile, 'utf8').trim();
const second = vkey.indexOf('+', vkey.indexOf('+') + 1);
const keyId = Buffer.from(vkey.slice(vkey.indexOf('+') + 1, second), 'hex');
const key = Buffer.from(vkey.slice(second + 1), 'base64').subarray(1);
// SubjectPublicKeyInfo of an Ed25519 key
const publicKey = crypto.createPublicKey({
  key: Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key]),
  format: 'der',
  type: 'spki',
});

const text = fs.readFileSync(proofFile, 'utf8');
const blank = text.indexOf('\n\n');
const [magic, extra, index, ...hashes] = text.slice(0, blank).split('\n');
const checkpoint = text.slice(blank + 2);
const [, size, root] = checkpoint.split('\n');
if (magic !== 'c2sp.org/tlog-proof@v1') throw new Error('not a proof of an entry');

verifyTLogTimestamp(
  {
    logIndex: index.slice('index '.length),
    logId: { keyId },
    integratedTime: '1767225600',
    canonicalizedBody: Buffer.from(extra.slice('extra '.length), 'base64'),
    inclusionProof: {
      logIndex: index.slice('index '.length),
      treeSize: size,
      rootHash: Buffer.from(root, 'base64'),
      hashes: hashes.map((hash) => Buffer.from(hash, 'base64')),
      checkpoint: { envelope: checkpoint },
    },
  },
  [{ logID: keyId, publicKey, validFor: { start: new Date(0), end: new Date(8.64e15) } }]
);
console.log(`${index} of ${size}`);
