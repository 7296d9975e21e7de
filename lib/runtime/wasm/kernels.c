// The hot loops of the models on the heap of TensorFlow.js's wasm backend, in 128-bit SIMD. Each is tested against its
// plain definition (tests/runtime). No static data and no stack are used, since the memory is another module's; the
// build checks that. `deno task kernels` turns this file into kernels_binary.txt.

typedef float v4 __attribute__((vector_size(16), aligned(4)));
typedef int i4 __attribute__((vector_size(16), aligned(4)));
#define EXPORT(name) __attribute__((export_name(#name))) name
#define INLINE static inline __attribute__((always_inline))

INLINE v4 splat(float x) { return (v4){x, x, x, x}; }
INLINE v4 load(const float *p) { return *(const v4 *)p; }
INLINE void store(float *p, v4 x) { *(v4 *)p = x; }
INLINE float sum4(v4 x) { return (x[0] + x[1]) + (x[2] + x[3]); }
INLINE v4 select4(i4 mask, v4 a, v4 b) { return (v4)((mask & (i4)a) | (~mask & (i4)b)); }
// One instruction each; where one is no number they give `b`, so that it is not lost.
INLINE v4 max4(v4 a, v4 b) { return __builtin_wasm_pmax_f32x4(b, a); }
INLINE v4 min4(v4 a, v4 b) { return __builtin_wasm_pmin_f32x4(b, a); }
INLINE v4 abs4(v4 x) { return (v4)((i4)x & 0x7fffffff); }

// A constant that stays in a register through a loop. V8 would make a plain one anew from three instructions at each use.
INLINE v4 held(float x) {
  v4 value = splat(x);
  __asm__("" : "+r"(value));
  return value;
}

// exp by range reduction and a polynomial of degree 6 (Cephes): relative error below 2e-7. Added to 1.5 * 2^23, a number is
// rounded and stands in the lowest bits: that saves the conversion to an integer, which is slow in WebAssembly.
typedef struct { v4 least, most, log2e, magic, high, low, c6, c5, c4, c3, c2, c1, one; i4 bias; } exponential;

INLINE exponential exponential_terms(void) {
  return (exponential){
    held(-87.3f), held(88.3f), held(1.44269504088896341f), held(12582912.0f), held(0.693359375f), held(2.12194440e-4f),
    held(1.9875691500e-4f), held(1.3981999507e-3f), held(8.3334519073e-3f), held(4.1665795894e-2f), held(1.6666665459e-1f),
    held(5.0000001201e-1f), held(1.0f), (i4)held(1.0f),
  };
}

INLINE v4 exp4(v4 x, exponential e) {
  x = min4(e.most, max4(e.least, x));
  v4 rounded = x * e.log2e + e.magic, n = rounded - e.magic;
  x = x - n * e.high + n * e.low;
  v4 y = e.c6;
  y = y * x + e.c5;
  y = y * x + e.c4;
  y = y * x + e.c3;
  y = y * x + e.c2;
  y = y * x + e.c1;
  y = y * x * x + x + e.one;
  return y * (v4)(((i4)rounded << 23) + e.bias);
}

// The normal distribution function by Abramowitz and Stegun 7.1.26; absolute error below 1e-7. `bell` is exp(-x^2 / 2).
typedef struct { v4 root, p, a5, a4, a3, a2, a1, half, one; } normal;

INLINE normal normal_terms(void) {
  return (normal){
    held(0.70710678118654752f), held(0.3275911f), held(1.061405429f), held(-1.453152027f), held(1.421413741f),
    held(-0.284496736f), held(0.254829592f), held(0.5f), held(1.0f),
  };
}

INLINE v4 cdf4(v4 x, v4 bell, normal t) {
  v4 z = abs4(x) * t.root;
  v4 u = t.one / (t.one + t.p * z);
  v4 tail = u * (t.a1 + u * (t.a2 + u * (t.a3 + u * (t.a4 + u * t.a5))));
  v4 half = t.half * tail * bell;
  return select4(x < 0.0f, half, t.one - half);
}

#define EACH_ROW(X) X(0) X(1) X(2) X(3)
#define EACH(n, four, rest) { int i = 0; for (; i + 4 <= n; i += 4) { four; } for (; i < n; i++) { rest; } }

#include "signal.c"

void EXPORT(gelu)(const float *x, float *y, int n, int quick) {
  exponential e = exponential_terms();
  normal t = normal_terms();
  v4 slope = held(-1.702f), minus_half = held(-0.5f);
#define QUICK(v) ((v) / (e.one + exp4(slope * (v), e)))
#define EXACT(v) ((v) * cdf4(v, exp4(minus_half * (v) * (v), e), t))
  if (quick) EACH(n, v4 v = load(x + i); store(y + i, QUICK(v)), v4 v = splat(x[i]); y[i] = QUICK(v)[0])
  else EACH(n, v4 v = load(x + i); store(y + i, EXACT(v)), v4 v = splat(x[i]); y[i] = EXACT(v)[0])
}

INLINE v4 quick_slope4(v4 x, v4 minus, v4 plus, exponential e) {
  v4 s = e.one / (e.one + exp4(minus * x, e));
  return s * (e.one + plus * x * (e.one - s));
}

INLINE v4 exact_slope4(v4 x, v4 minus_half, v4 density, exponential e, normal t) {
  v4 bell = exp4(minus_half * x * x, e);
  return cdf4(x, bell, t) + x * bell * density;
}

void EXPORT(gelu_gradient)(const float *x, const float *dy, float *dx, int n, int quick) {
  exponential e = exponential_terms();
  normal t = normal_terms();
  v4 minus = held(-1.702f), plus = held(1.702f), minus_half = held(-0.5f), density = held(0.39894228040143268f);
  if (quick) EACH(n, store(dx + i, load(dy + i) * quick_slope4(load(x + i), minus, plus, e)),
                  dx[i] = dy[i] * quick_slope4(splat(x[i]), minus, plus, e)[0])
  else EACH(n, store(dx + i, load(dy + i) * exact_slope4(load(x + i), minus_half, density, e, t)),
            dx[i] = dy[i] * exact_slope4(splat(x[i]), minus_half, density, e, t)[0])
}

// Writes the bias into every row of y, to which a product is then added.
void EXPORT(fill_rows)(const float *bias, float *y, int rows, int columns) {
  for (int r = 0; r < rows; r++, y += columns) __builtin_memcpy(y, bias, columns * sizeof(float));
}

// x with the bias added to every row, to which a product is then added.
void EXPORT(add_to_each_row)(const float *x, const float *bias, float *y, int rows, int columns) {
  for (int r = 0; r < rows; r++, x += columns, y += columns) {
    EACH(columns, store(y + i, load(x + i) + load(bias + i)), y[i] = x[i] + bias[i])
  }
}

void EXPORT(sum_rows)(const float *x, float *out, int rows, int columns) {
  for (int c = 0; c < columns; c++) out[c] = 0;
  for (int r = 0; r < rows; r++, x += columns) {
    int c = 0;
    for (; c + 4 <= columns; c += 4) store(out + c, load(out + c) + load(x + c));
    for (; c < columns; c++) out[c] += x[c];
  }
}

typedef struct { float mean, inverse; } moments;

INLINE moments moments_of(const float *x, int d, float epsilon) {
  v4 s = splat(0);
  float rest = 0;
  int i = 0;
  for (; i + 4 <= d; i += 4) s += load(x + i);
  for (; i < d; i++) rest += x[i];
  float mean = (sum4(s) + rest) / d;
  v4 q = splat(0);
  rest = 0;
  for (i = 0; i + 4 <= d; i += 4) { v4 c = load(x + i) - mean; q += c * c; }
  for (; i < d; i++) rest += (x[i] - mean) * (x[i] - mean);
  return (moments){mean, 1.0f / __builtin_sqrtf((sum4(q) + rest) / d + epsilon)};
}

void EXPORT(layer_norm)(const float *x, const float *w, const float *b, float *y, int rows, int d, float epsilon) {
  for (int r = 0; r < rows; r++, x += d, y += d) {
    moments m = moments_of(x, d, epsilon);
    int i = 0;
    for (; i + 4 <= d; i += 4) store(y + i, (load(x + i) - m.mean) * m.inverse * load(w + i) + load(b + i));
    for (; i < d; i++) y[i] = (x[i] - m.mean) * m.inverse * w[i] + b[i];
  }
}

// The gradient at x, added onto another tensor where one is given (`onto` is not 0).
void EXPORT(layer_norm_gradient)(const float *x, const float *w, const float *dy, const float *onto, float *dx, int rows,
                                 int d, float epsilon) {
  for (int r = 0; r < rows; r++, x += d, dy += d, dx += d) {
    moments m = moments_of(x, d, epsilon);
    v4 s = splat(0), t = splat(0);
    float s1 = 0, t1 = 0;
    int i = 0;
    for (; i + 4 <= d; i += 4) {
      v4 g = load(dy + i) * load(w + i);
      s += g;
      t += g * (load(x + i) - m.mean);
    }
    for (; i < d; i++) { s1 += dy[i] * w[i]; t1 += dy[i] * w[i] * (x[i] - m.mean); }
    float mean_g = (sum4(s) + s1) / d, along = (sum4(t) + t1) / d * m.inverse * m.inverse;
    for (i = 0; i + 4 <= d; i += 4) {
      v4 g = m.inverse * (load(dy + i) * load(w + i) - mean_g - (load(x + i) - m.mean) * along);
      store(dx + i, onto ? load(onto + i) + g : g);
    }
    for (; i < d; i++) {
      float g = m.inverse * (dy[i] * w[i] - mean_g - (x[i] - m.mean) * along);
      dx[i] = onto ? onto[i] + g : g;
    }
    if (onto) onto += d;
  }
}

void EXPORT(layer_norm_weight_gradient)(const float *x, const float *dy, float *dw, int rows, int d, float epsilon) {
  for (int i = 0; i < d; i++) dw[i] = 0;
  for (int r = 0; r < rows; r++, x += d, dy += d) {
    moments m = moments_of(x, d, epsilon);
    int i = 0;
    for (; i + 4 <= d; i += 4) store(dw + i, load(dw + i) + load(dy + i) * (load(x + i) - m.mean) * m.inverse);
    for (; i < d; i++) dw[i] += dy[i] * (x[i] - m.mean) * m.inverse;
  }
}

// Softmax of scale * s in place; row r of a causal block sees columns 0..r; no row sees a column from `keys` on.
void EXPORT(attention_weights)(float *s, int rows, int columns, float scale, int causal, int keys) {
  exponential terms = exponential_terms();
  for (int r = 0; r < rows; r++, s += columns) {
    int seen = causal && r + 1 < keys ? r + 1 : keys, i = 0;
    v4 most4 = splat(-3.4e38f);
    float most = -3.4e38f, total = 0;
    for (; i + 4 <= seen; i += 4) most4 = max4(most4, load(s + i));
    for (; i < seen; i++) most = s[i] > most ? s[i] : most;
    v4 pair = max4(most4, (v4){most4[2], most4[3], most4[0], most4[1]});
    most = pair[0] > most ? pair[0] : most;
    most = pair[1] > most ? pair[1] : most;
    v4 sum = splat(0);
    for (i = 0; i + 4 <= seen; i += 4) {
      v4 e = exp4((load(s + i) - most) * scale, terms);
      store(s + i, e);
      sum += e;
    }
    for (; i < seen; i++) total += s[i] = exp4(splat((s[i] - most) * scale), terms)[0];
    float inverse = 1.0f / (total + sum4(sum));
    for (i = 0; i + 4 <= seen; i += 4) store(s + i, load(s + i) * inverse);
    for (; i < seen; i++) s[i] *= inverse;
    for (i = seen; i < columns; i++) s[i] = 0;
  }
}

// dp becomes the gradient at the scores: scale * p * (dp - sum(dp * p)).
void EXPORT(attention_weights_gradient)(const float *p, float *dp, int rows, int columns, float scale) {
  for (int r = 0; r < rows; r++, p += columns, dp += columns) {
    v4 sum = splat(0);
    float rest = 0;
    int i = 0;
    for (; i + 4 <= columns; i += 4) sum += load(p + i) * load(dp + i);
    for (; i < columns; i++) rest += p[i] * dp[i];
    float dot = sum4(sum) + rest;
    for (i = 0; i + 4 <= columns; i += 4) store(dp + i, scale * load(p + i) * (load(dp + i) - dot));
    for (; i < columns; i++) dp[i] = scale * p[i] * (dp[i] - dot);
  }
}

// One step of Adam: the parameter x with gradient dy and moments m, v; `fresh` is 1 - beta.
void EXPORT(adam_update)(const float *x, const float *dy, const float *m, const float *v, float *next, float *first,
                         float *second, int n, float beta1, float fresh1, float beta2, float fresh2, float decay,
                         float correction, float epsilon, float rate) {
#define ADAM(READ, WRITE) { \
    v4 p = READ(x), g = READ(dy) + p * decay; \
    v4 a = READ(m) * beta1 + g * fresh1, b = READ(v) * beta2 + g * g * fresh2; \
    WRITE(first, a); \
    WRITE(second, b); \
    WRITE(next, p - a / (__builtin_wasm_sqrt_f32x4(b) * correction + epsilon) * rate); }
#define FOUR(p) load(p + i)
#define PUT_FOUR(p, value) store(p + i, value)
#define ONE(p) splat(p[i])
#define PUT_ONE(p, value) p[i] = (value)[0]
  EACH(n, ADAM(FOUR, PUT_FOUR), ADAM(ONE, PUT_ONE))
}

// The sum of squares: in blocks, whose sums are added in double precision.
void EXPORT(sum_of_squares)(const float *x, float *out, int n) {
  double sum = 0;
  for (int from = 0; from < n; from += 1024) {
    int count = n - from < 1024 ? n - from : 1024;
    v4 squares = splat(0);
    float rest = 0;
    EACH(count, v4 v = load(x + from + i); squares += v * v, rest += x[from + i] * x[from + i])
    sum += (double)(sum4(squares) + rest);
  }
  *out = (float)sum;
}

void EXPORT(take_rows)(const int *ids, const float *table, float *out, int count, int d) {
  for (int n = 0; n < count; n++) __builtin_memcpy(out + n * d, table + ids[n] * d, d * sizeof(float));
}

void EXPORT(add_to_rows)(const int *ids, const float *dy, float *table, int count, int d) {
  for (int n = 0; n < count; n++, dy += d) {
    float *row = table + ids[n] * d;
    int i = 0;
    for (; i + 4 <= d; i += 4) store(row + i, load(row + i) + load(dy + i));
    for (; i < d; i++) row[i] += dy[i];
  }
}

// Similarities of one query row against bounds, for ranks both ways. Counts the columns above `high`, and in `above` for each
// column whether it is above its own `highs`; lists the columns that are neither above nor below their bounds, for the row
// and for the columns. found = { columns above, listed for the row, listed for the columns }.
void EXPORT(rank_row)(const float *s, int columns, float low, float high, const float *lows, const float *highs, int *above,
                      int *near_row, int *near_columns, int *found) {
  i4 count4 = {0, 0, 0, 0};
  int count = 0, of_row = 0, of_columns = 0, i = 0;
  for (; i + 4 <= columns; i += 4) {
    v4 x = load(s + i);
    i4 more = x > high, mores = x > load(highs + i);
    count4 -= more;
    *(i4 *)(above + i) -= mores;
    i4 near = (x >= low) & ~more, nears = (x >= load(lows + i)) & ~mores, any = near | nears;
    if (__builtin_wasm_any_true_v128(any)) {
      for (int j = i; j < i + 4; j++) {
        if (s[j] >= low && !(s[j] > high)) near_row[of_row++] = j;
        if (s[j] >= lows[j] && !(s[j] > highs[j])) near_columns[of_columns++] = j;
      }
    }
  }
  for (; i < columns; i++) {
    if (s[i] > high) count++;
    else if (s[i] >= low) near_row[of_row++] = i;
    if (s[i] > highs[i]) above[i]++;
    else if (s[i] >= lows[i]) near_columns[of_columns++] = i;
  }
  found[0] = count + (count4[0] + count4[1]) + (count4[2] + count4[3]);
  found[1] = of_row;
  found[2] = of_columns;
}

// ---- Matrix product, after Goto and van de Geijn: packed panels, a register tile of 4 rows and 8 columns.
enum { TILE_M = 4, TILE_N = 8, BLOCK_K = 256, BLOCK_M = 96, BLOCK_N = 1024 };

INLINE void pack_a(const float *a, int ra, int ca, int m, int k, float *out) {
  for (int i = 0; i < m; i += TILE_M) {
    int part = m - i < TILE_M ? m - i : TILE_M;
    for (int p = 0; p < k; p++, out += TILE_M) {
      const float *from = a + i * ra + p * ca;
      for (int r = 0; r < TILE_M; r++) out[r] = r < part ? from[r * ra] : 0;
    }
  }
}

INLINE void pack_b(const float *b, int rb, int cb, int k, int n, float *out) {
  for (int j = 0; j < n; j += TILE_N) {
    int part = n - j < TILE_N ? n - j : TILE_N;
    for (int p = 0; p < k; p++, out += TILE_N) {
      const float *from = b + p * rb + j * cb;
      if (part == TILE_N && cb == 1) {
        store(out, load(from));
        store(out + 4, load(from + 4));
      } else {
        for (int c = 0; c < TILE_N; c++) out[c] = c < part ? from[c * cb] : 0;
      }
    }
  }
}

// c[m, n] += alpha * (packed a)(packed b) for one tile; `edge` is room for a tile that sticks out.
INLINE void tile(const float *a, const float *b, int k, float alpha, float *c, int ldc, int m, int n, float *edge) {
#define DECLARE(r) v4 l##r = splat(0), h##r = splat(0);
  EACH_ROW(DECLARE)
  for (int p = 0; p < k; p++, a += TILE_M, b += TILE_N) {
    v4 bl = load(b), bh = load(b + 4);
#define ACCUMULATE(r) { v4 x = splat(a[r]); l##r += x * bl; h##r += x * bh; }
    EACH_ROW(ACCUMULATE)
  }
  if (m == TILE_M && n == TILE_N) {
#define ADD(r) { float *o = c + r * ldc; store(o, load(o) + alpha * l##r); store(o + 4, load(o + 4) + alpha * h##r); }
    EACH_ROW(ADD)
    return;
  }
#define SPILL(r) store(edge + r * TILE_N, l##r); store(edge + r * TILE_N + 4, h##r);
  EACH_ROW(SPILL)
  for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) c[i * ldc + j] += alpha * edge[i * TILE_N + j];
}

// c = alpha op(a) op(b) + beta c, rows first. `work` holds (BLOCK_M + BLOCK_N) * BLOCK_K + TILE_M * TILE_N floats.
void EXPORT(sgemm)(int ta, int tb, int m, int n, int k, float alpha, const float *a, int lda, const float *b, int ldb,
                   float beta, float *c, int ldc, float *work) {
  if (beta != 1) for (int i = 0; i < m; i++) for (int j = 0; j < n; j++) c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j];
  float *packed_a = work, *packed_b = work + BLOCK_M * BLOCK_K, *edge = packed_b + BLOCK_N * BLOCK_K;
  int ra = ta ? 1 : lda, ca = ta ? lda : 1, rb = tb ? 1 : ldb, cb = tb ? ldb : 1;
  for (int jn = 0; jn < n; jn += BLOCK_N) {
    int nn = n - jn < BLOCK_N ? n - jn : BLOCK_N;
    for (int pk = 0; pk < k; pk += BLOCK_K) {
      int kk = k - pk < BLOCK_K ? k - pk : BLOCK_K;
      pack_b(b + pk * rb + jn * cb, rb, cb, kk, nn, packed_b);
      for (int im = 0; im < m; im += BLOCK_M) {
        int mm = m - im < BLOCK_M ? m - im : BLOCK_M;
        pack_a(a + im * ra + pk * ca, ra, ca, mm, kk, packed_a);
        for (int j = 0; j < nn; j += TILE_N) {
          for (int i = 0; i < mm; i += TILE_M) {
            tile(packed_a + i * kk, packed_b + j * kk, kk, alpha, c + (im + i) * ldc + jn + j, ldc,
                 mm - i < TILE_M ? mm - i : TILE_M, nn - j < TILE_N ? nn - j : TILE_N, edge);
          }
        }
      }
    }
  }
}
