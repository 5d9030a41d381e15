import { existsSync } from 'node:fs'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const settings = join(import.meta.dirname, '../../.env')
if (existsSync(settings)) process.loadEnvFile(settings)

const port = Number(process.env['WEB_PORT'] ?? 5173)
const target = process.env['WEB_BFF_URL'] ?? 'http://localhost:4000'
// The BFF compares Host and Origin with its public address, so it must see the browser's.
const bff = { target, changeOrigin: false }
const server = { port, strictPort: true, proxy: { '/api/': bff, '/bff/': bff } }

export default defineConfig({
  plugins: [react(), portInUse()],
  server,
  preview: server,
  // No inlined assets, so that `script-src 'self'; style-src 'self'` holds.
  build: { assetsInlineLimit: 0 },
})

function portInUse(): Plugin {
  return {
    name: 'port-in-use',
    configureServer: ({ httpServer, config }) => {
      httpServer?.once('error', (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE') return
        config.logger.error(`port ${port} is in use: set WEB_PORT to another one and WEB_PUBLIC_URL to match`)
      })
    },
  }
}
