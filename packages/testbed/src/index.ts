export { freePort } from '@bff/gateway-core/testing'
export { type Bffs, people, type Shop, type ShopOptions, startShop } from './shop.ts'
export { WebBrowser } from './web-browser.ts'
