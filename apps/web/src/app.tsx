import { Outlet, type RouteObject, ScrollRestoration } from 'react-router'
import { Announcer } from './components/announcer.tsx'
import { Footer } from './components/footer.tsx'
import { Header } from './components/header.tsx'
import { CartScreen } from './screens/cart.tsx'
import { CheckoutScreen } from './screens/checkout.tsx'
import { CrashScreen } from './screens/crash.tsx'
import { HomeScreen } from './screens/home.tsx'
import { LostScreen } from './screens/lost.tsx'
import { OrderScreen } from './screens/order.tsx'
import { OrdersScreen } from './screens/orders.tsx'
import { ProductScreen } from './screens/product.tsx'
import { ProductsScreen } from './screens/products.tsx'

function Layout() {
  return (
    <>
      <a className="skip" href="#content">
        Skip to content
      </a>
      <Header />
      <main id="content" tabIndex={-1}>
        <Outlet />
      </main>
      <Footer />
      <Announcer />
      <ScrollRestoration />
    </>
  )
}

export const routes: RouteObject[] = [
  {
    Component: Layout,
    ErrorBoundary: CrashScreen,
    children: [
      { index: true, Component: HomeScreen },
      { path: 'products', Component: ProductsScreen },
      { path: 'products/:id', Component: ProductScreen },
      { path: 'cart', Component: CartScreen },
      { path: 'checkout/:orderId', Component: CheckoutScreen },
      { path: 'orders', Component: OrdersScreen },
      { path: 'orders/:id', Component: OrderScreen },
      { path: '*', Component: LostScreen },
    ],
  },
]
