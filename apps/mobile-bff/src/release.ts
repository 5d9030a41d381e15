/** Supported app versions. Below `minimum` an app is only told to update, so raising it locks out whoever has not updated. */
export const release = {
  minimum: '1.0.0',
  latest: '1.0.0',
  storeUrl: 'https://shop.example/app',
} as const
