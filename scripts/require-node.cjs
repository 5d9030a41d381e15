'use strict'
// Placeholder until the tooling lands.
