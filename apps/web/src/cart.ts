import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { announce } from './announcement.ts'
import { bff, type Line, read } from './api.ts'
import { count } from './format.ts'
import { signInUrl, useSignedIn } from './session.ts'
import { takeWanted, want } from './wanted.ts'

/** The largest quantity of one product in a cart. */
export const most = 20

const cart = read('GET /api/cart')

export const useCart = () => useQuery(cart)

export function useItemCount(): number {
  const signedIn = useSignedIn()
  return useQuery({ ...cart, enabled: signedIn === true }).data?.itemCount ?? 0
}

/** Adds to the quantity already in the cart. If the user must sign in first, it is added after they return. */
export function useAddToCart(product: { readonly id: string; readonly name: string }) {
  const client = useQueryClient()
  const signedIn = useSignedIn()
  const add = useMutation({
    mutationFn: async (quantity: number) => {
      const { lines } = await client.fetchQuery({ ...cart, staleTime: 0 })
      const held = lines.find((line) => line.product.id === product.id)?.quantity ?? 0
      const total = Math.min(most, held + quantity)
      await bff('PUT /api/cart/items/:productId', { productId: product.id, body: { quantity: total } })
      return total
    },
    onSuccess: async (total) => {
      announce(`${product.name}: ${total} in your cart.`)
      await client.invalidateQueries(cart)
    },
    onError: ({ status, extra }, quantity) => {
      if (status !== 401) return
      want(sessionStorage, product.id, quantity)
      const { pathname, search } = window.location
      window.location.assign(signInUrl(pathname + search, extra['loginUrl'] as string | undefined))
    },
  })
  const { mutate } = add
  useEffect(() => {
    if (signedIn === undefined) return
    const quantity = takeWanted(sessionStorage, product.id)
    if (signedIn && quantity !== undefined) mutate(quantity)
  }, [signedIn, product.id, mutate])
  return add
}

export function useSetQuantity({ product }: Line) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (quantity: number) =>
      bff('PUT /api/cart/items/:productId', { productId: product.id, body: { quantity } }),
    onSuccess: async ({ itemCount }, quantity) => {
      await client.invalidateQueries(cart)
      announce(`${product.name}: ${quantity} in your cart, ${count(itemCount, 'item')} in all.`)
    },
  })
}

export function useRemove({ product }: Line) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => bff('DELETE /api/cart/items/:productId', { productId: product.id }),
    onSuccess: async ({ itemCount }) => {
      await client.invalidateQueries(cart)
      announce(`${product.name} removed. ${count(itemCount, 'item')} in your cart.`)
    },
  })
}
