#!/usr/bin/env python3
"""How much faster than Kramers' rate a process is killed along a curve through the saddle that departs from the separatrix.

In widths of the saddle the process is h_xx + x h_x + m (h_ee - e h_e) = 0 with h = 0 on the curve
x = delta e + kappa e^2 and h -> 1 far inside the
valley (src/problem/oblique.rs). Its solutions are He_n(e) phi_n(x) with phi_n'' + x phi_n' = n m phi_n that vanish at -infinity: parabolic
cylinder functions, phi_0 = Phi. With h = 1 - f Phi(x) + sum c_n He_n(e) phi_n(x) the factor is f, by least squares on the line with the
weight of the flux. Printed for each m and delta: f with 20 and with 28 functions, and 2 (1 - delta^2)^-p(m); for each m and kappa: f with
14 and with 20 functions, and 1/Phi(kappa) + 4 p(2m) kappa^2.

Needs NumPy and SciPy.
"""
import numpy as np
from numpy.polynomial.hermite_e import hermegauss, hermeval
from scipy.special import gammaln, ndtr, pbdv


def decaying(nu, x):
    """phi'' + x phi' = nu phi, phi(-inf) = 0, phi(0) = 1."""
    at_zero = pbdv(-nu - 1, 0.0)[0]
    return np.array([np.exp(-t * t / 4) * pbdv(-nu - 1, -t)[0] / at_zero for t in x])


def factor(delta, kappa, m, functions):
    e, weight = hermegauss(80)
    e, weight = e[abs(e) < 7], weight[abs(e) < 7]
    x = delta * e + kappa * e**2
    columns = [-ndtr(x)]
    for n in range(1, functions + 1):
        columns.append(hermeval(e, np.eye(n + 1)[n]) * decaying(n * m, x))
    matrix = np.array(columns).T
    scale = np.sqrt((weight[:, None] * matrix**2).sum(0))
    root = np.sqrt(weight)
    found = np.linalg.lstsq(root[:, None] * matrix / scale, -root, rcond=1e-13)[0]
    return found[0] / scale[0]


def power(m):
    return 2 / np.sqrt(np.pi) * np.exp(gammaln(1 + m / 2) - gammaln((1 + m) / 2))


if __name__ == "__main__":
    print("    m  delta  p delta^2     f (20)        f (28)        2 (1 - delta^2)^-p")
    for m in (0.05, 0.25, 0.5, 1, 2, 4):
        for delta in (0.1, 0.2, 0.3, 0.4, 0.5):
            pair = [factor(delta, 0, m, n) for n in (20, 28)]
            closed = 2 * (1 - delta**2) ** -power(m)
            print(f"{m:5} {delta:5}  {power(m) * delta**2:9.4f}  {pair[0]:12.8f}  {pair[1]:12.8f}  {closed:12.8f}")
    print("    m  kappa     f (14)        f (20)        1/Phi(kappa) + 4 p(2m) kappa^2")
    for m in (0.1, 0.5, 1, 2, 4):
        for kappa in (-0.1, -0.05, 0.05, 0.1):
            pair = [factor(0, kappa, m, n) for n in (14, 20)]
            closed = 1 / ndtr(kappa) + 4 * power(2 * m) * kappa**2
            print(f"{m:5} {kappa:5}  {pair[0]:12.8f}  {pair[1]:12.8f}  {closed:12.8f}")
