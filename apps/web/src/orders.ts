import { infiniteQueryOptions, useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useNavigate } from 'react-router'
import { announce } from './announcement.ts'
import { bff, read } from './api.ts'
import { attempts } from './attempt.ts'

const ordersKey = ['GET /api/orders']

export const useOrders = () =>
  useInfiniteQuery(
    infiniteQueryOptions({
      queryKey: ordersKey,
      queryFn: ({ signal, pageParam: cursor }) => bff.with({ signal })('GET /api/orders', { cursor }),
      initialPageParam: undefined as string | undefined,
      getNextPageParam: ({ next }) => next,
    }),
  )

/** Orders the cart as it is at `rev`, then navigates to the checkout. */
export function useCreateOrder() {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [keyOf] = useState(() => attempts())
  return useMutation({
    mutationFn: (rev: number) => bff('POST /api/orders', { headers: { 'idempotency-key': keyOf(rev) } }),
    onSuccess: async ({ orderId }) => {
      await navigate(`/checkout/${orderId}`)
    },
    onSettled: () =>
      Promise.all([client.invalidateQueries(read('GET /api/cart')), client.invalidateQueries({ queryKey: ordersKey })]),
  })
}

/** Confirming is idempotent, so a retry is always safe. */
export function useConfirm(orderId: string) {
  const client = useQueryClient()
  const navigate = useNavigate()
  return useMutation({
    mutationFn: () => bff('POST /api/checkout/:orderId/confirm', { orderId }),
    onSuccess: async () => {
      announce('Thank you. Your order is confirmed.')
      await navigate(`/orders/${orderId}`)
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries(read('GET /api/checkout/:orderId', { orderId })),
        client.invalidateQueries(read('GET /api/orders/:id', { id: orderId })),
        client.invalidateQueries({ queryKey: ordersKey }),
      ]),
  })
}
