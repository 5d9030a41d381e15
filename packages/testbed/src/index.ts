export { freePort } from './free-port.ts'
export { people, type Shop, type ShopOptions, startShop } from './shop.ts'
export { WebBrowser } from './web-browser.ts'
