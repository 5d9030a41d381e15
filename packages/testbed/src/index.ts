export { freePort } from './free-port.ts'
export { type Bffs, people, type Shop, type ShopOptions, startShop } from './shop.ts'
export { WebBrowser } from './web-browser.ts'
