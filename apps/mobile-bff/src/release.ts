/** Which apps are served. Older than `minimum`: only told to update, so raising it takes the shop from whoever has not. */
export const release = {
  minimum: '1.0.0',
  latest: '1.0.0',
  storeUrl: 'https://shop.example/app',
} as const
