#!/usr/bin/env node
// A file of its own, so that installing a checkout can link the command before it is built.
import '../dist/main.js';
