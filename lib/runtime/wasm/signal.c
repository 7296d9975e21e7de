// The kernels of sound and images, in double precision; a part of kernels.c.

typedef double d2 __attribute__((vector_size(16), aligned(8)));
typedef float f2 __attribute__((vector_size(8), aligned(4)));

INLINE d2 load2(const float *p) { return __builtin_convertvector(*(const f2 *)p, d2); }

// Output n, every `apart` floats of y, is the sum of `taps` products of the filter with x from n * step on, in double
// precision: of every fourth product, then of these four sums. `taps` is a multiple of 4. Four outputs at a time share the
// reading of the filter.
void EXPORT(filter_signal)(const float *x, const double *filter, float *y, int count, int taps, int step, int apart) {
#define SUMS(r) d2 a##r = {0, 0}, b##r = {0, 0}; const float *x##r = x + r * step;
#define TAKE(r) a##r += f * load2(x##r + i); b##r += g * load2(x##r + i + 2);
#define PUT(r) y[r * apart] = (float)(a##r[0] + a##r[1] + (b##r[0] + b##r[1]));
#define FILTER(EACH_OUTPUT) \
    EACH_OUTPUT(SUMS) \
    for (int i = 0; i < taps; i += 4) { \
      d2 f = *(const d2 *)(filter + i), g = *(const d2 *)(filter + i + 2); \
      EACH_OUTPUT(TAKE) \
    } \
    EACH_OUTPUT(PUT)
#define FIRST(X) X(0)
  int n = 0;
  for (; n + 4 <= count; n += 4, x += 4 * step, y += 4 * apart) { FILTER(EACH_ROW) }
  for (; n < count; n++, x += step, y += apart) { FILTER(FIRST) }
}

typedef long long l2 __attribute__((vector_size(16), aligned(8)));

INLINE d2 pair(const double *p) { return *(const d2 *)p; }
INLINE d2 number2(l2 n) { return (d2)(n + 0x4338000000000000) - 6755399441055744.0; } // of a small integer
INLINE d2 select2(l2 mask, d2 a, d2 b) { return (d2)((mask & (l2)a) | (~mask & (l2)b)); }

// log10 of normal positive numbers, else NaN: that of FreeBSD's msun and V8 (e_log10.c, e_log.c), bit by bit. Where the exponent is
// 0, its terms are 0 and change nothing, so that one expression serves all cases.
INLINE d2 log10_2(d2 x) {
  l2 exponent = ((l2)x >> 52) - 1023, below = (exponent >> 63) & 1;
  d2 y = number2(exponent + below);
  l2 bits = ((l2)x & 0x000fffffffffffff) | ((1023 - below) << 52); // x in [0.5, 2)
  l2 high = (bits >> 32) & 0xfffff, up = (high + 0x95f64) & 0x100000;
  d2 dk = number2((up >> 20) - below);
  d2 f = (d2)(((high | (up ^ 0x3ff00000)) << 32) | (bits & 0xffffffff)) - 1.0; // from sqrt(1/2) to sqrt(2), less 1
  d2 s = f / (2.0 + f), z = s * s, w = z * z;
  d2 t1 = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
  d2 t2 = z * (6.666666666666735130e-01 + w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
  d2 r = t2 + t1, half = 0.5 * f * f, low = dk * 1.90821492927058770002e-10;
  l2 middle = ((high - 0x6147a) | (0x6b851 - high)) > 0, tiny = (0xfffff & (2 + high)) < 3;
  d2 rest = select2(middle, half - (s * (half + r) + low), s * (f - r) - low);
  rest = select2(tiny, f * f * (0.5 - 0.33333333333333333 * f) - low, rest);
  d2 log = dk * 6.93147180369123816490e-01 - (rest - f);
  return (y * 3.69423907715893078616e-13 + 4.34294481903251816668e-01 * log) + y * 3.01029995663611771306e-01 + (x - x);
}

// Fourier transforms of 2 x 400 complex numbers, side by side in the lanes (Stockham's order, radices 4, 4, 5, 5). A stage
// takes `stride` interleaved transforms of length `radix * part` to transforms of length `part`. `table` has the window,
// 400 cosines, 400 sines, and the constants of radix 5.
enum { WINDOW = 400, COSINES = WINDOW, SINES = 2 * WINDOW, FIFTHS = 3 * WINDOW };
#define TO(at, x, y, turn) { \
    d2 u = x, v = y; \
    double c = table[COSINES + (turn)], s = table[SINES + (turn)]; \
    next_re[at] = u * c - v * s; \
    next_im[at] = u * s + v * c; }

INLINE void by_four(const d2 *re, const d2 *im, d2 *next_re, d2 *next_im, const double *table, int part, int stride) {
  int step = stride * part;
  for (int p = 0; p < part; p++) {
    int turn = p * stride;
    for (int q = 0; q < stride; q++) {
      int a = q + stride * p, b = a + step, c = b + step, d = c + step, to = q + stride * 4 * p;
      d2 sum_re = re[a] + re[c], sum_im = im[a] + im[c], less_re = re[a] - re[c], less_im = im[a] - im[c];
      d2 other_re = re[b] + re[d], other_im = im[b] + im[d], away_re = re[b] - re[d], away_im = im[b] - im[d];
      next_re[to] = sum_re + other_re;
      next_im[to] = sum_im + other_im;
      TO(to + stride, less_re + away_im, less_im - away_re, turn)
      TO(to + 2 * stride, sum_re - other_re, sum_im - other_im, 2 * turn)
      TO(to + 3 * stride, less_re - away_im, less_im + away_re, 3 * turn)
    }
  }
}

// The inputs 1 and 4, and 2 and 3, share their cosines and have opposite sines.
INLINE void by_five(const d2 *re, const d2 *im, d2 *next_re, d2 *next_im, const double *table, int part, int stride) {
  int step = stride * part;
  double c1 = table[FIFTHS], c2 = table[FIFTHS + 1], s1 = table[FIFTHS + 2], s2 = table[FIFTHS + 3];
  for (int p = 0; p < part; p++) {
    int turn = p * stride;
    for (int q = 0; q < stride; q++) {
      int a = q + stride * p, b = a + step, c = b + step, d = c + step, e = d + step, to = q + stride * 5 * p;
      d2 outer_re = re[b] + re[e], outer_im = im[b] + im[e], inner_re = re[c] + re[d], inner_im = im[c] + im[d];
      d2 wide_re = re[b] - re[e], wide_im = im[b] - im[e], near_re = re[c] - re[d], near_im = im[c] - im[d];
      d2 one_re = re[a] + c1 * outer_re + c2 * inner_re, one_im = im[a] + c1 * outer_im + c2 * inner_im;
      d2 two_re = re[a] + c2 * outer_re + c1 * inner_re, two_im = im[a] + c2 * outer_im + c1 * inner_im;
      d2 one_turn_re = s1 * wide_re + s2 * near_re, one_turn_im = s1 * wide_im + s2 * near_im;
      d2 two_turn_re = s2 * wide_re - s1 * near_re, two_turn_im = s2 * wide_im - s1 * near_im;
      next_re[to] = re[a] + outer_re + inner_re;
      next_im[to] = im[a] + outer_im + inner_im;
      TO(to + stride, one_re + one_turn_im, one_im - one_turn_re, turn)
      TO(to + 2 * stride, two_re + two_turn_im, two_im - two_turn_re, 2 * turn)
      TO(to + 3 * stride, two_re - two_turn_im, two_im + two_turn_re, 3 * turn)
      TO(to + 4 * stride, one_re - one_turn_im, one_im + one_turn_re, 4 * turn)
    }
  }
}

// The log-mel bands of `count` frames, a multiple of 4, each `hop` samples after the last: out[band, frame]. A complex
// transform yields two real ones, so four frames are computed at once. Filter b has the `filters[2 b + 1]` next weights, from bin
// `filters[2 b]` on. `work` holds 6 * 800 numbers; its first becomes the largest value or stays what it is.
void EXPORT(log_mel)(const double *signal, const double *table, const int *filters, const double *weights, double *work,
                     float *out, int count, int hop, int bands) {
  d2 *re = (d2 *)work + 1, *im = re + WINDOW, *other_re = im + WINDOW, *other_im = other_re + WINDOW;
  d2 *first = other_im + WINDOW, *second = first + WINDOW / 2 + 1; // powers of the frames t and t + 2, t + 1 and t + 3
  d2 most = {work[0], work[0]};
  for (int t = 0; t < count; t += 4, signal += 4 * hop) {
    for (int n = 0; n < WINDOW; n++) {
      const double *at = signal + n;
      re[n] = (d2){at[0], at[2 * hop]} * table[n];
      im[n] = (d2){at[hop], at[3 * hop]} * table[n];
    }
    by_four(re, im, other_re, other_im, table, 100, 1);
    by_four(other_re, other_im, re, im, table, 25, 4);
    by_five(re, im, other_re, other_im, table, 5, 16);
    by_five(other_re, other_im, re, im, table, 1, 80);
    for (int k = 0; k <= WINDOW / 2; k++) {
      int mirror = k == 0 ? 0 : WINDOW - k;
      d2 a = re[k] + re[mirror], b = im[k] - im[mirror], c = im[k] + im[mirror], d = re[mirror] - re[k];
      first[k] = (a * a + b * b) / 4.0;
      second[k] = (c * c + d * d) / 4.0;
    }
    const double *weight = weights;
    for (int band = 0; band < bands; band++) {
      const d2 *one = first + filters[2 * band], *two = second + filters[2 * band];
      d2 x = {0, 0}, y = {0, 0};
      for (int i = 0; i < filters[2 * band + 1]; i++, weight++) {
        x += *weight * one[i];
        y += *weight * two[i];
      }
      x = log10_2(select2(x < 1e-10, (d2){1e-10, 1e-10}, x));
      y = log10_2(select2(y < 1e-10, (d2){1e-10, 1e-10}, y));
      most = select2(x > most, x, most);
      most = select2(y > most, y, most);
      float *to = out + band * count + t;
      to[0] = (float)x[0];
      to[1] = (float)y[0];
      to[2] = (float)x[1];
      to[3] = (float)y[1];
    }
  }
  work[0] = most[0] > most[1] ? most[0] : most[1];
}

// Rounds to whole numbers from 0 to 255; in the first two of four lanes.
INLINE i4 to_bytes(d2 x) {
  x += 0.5;
  return (i4)__builtin_wasm_trunc_sat_zero_u_f64x2_i32x4(select2(x < 255.0, x, (d2){255, 255}));
}

// Bicubic resizing of `height` rows of RGB from `width` to `to` pixels, each the weighted sum of `taps` pixels from first[x] on;
// rounded as bytes, as Pillow does. `line` holds a row and one number more.
void EXPORT(resize_across)(const unsigned char *data, double *line, const int *first, const double *weights, int taps,
                           int height, int width, int to, float *wide) {
  for (int y = 0; y < height; y++, data += 3 * width) {
    for (int i = 0; i < 3 * width; i++) line[i] = data[i];
    const double *weight = weights;
    for (int x = 0; x < to; x++, wide += 3) {
      const double *from = line + 3 * first[x];
      d2 red_green = {0, 0}, blue = {0, 0};
      for (int k = 0; k < taps; k++, weight++, from += 3) {
        red_green += *weight * pair(from);
        blue += *weight * pair(from + 2); // and the next red, which is not used
      }
      i4 rounded = to_bytes(red_green);
      wide[0] = rounded[0];
      wide[1] = rounded[1];
      wide[2] = to_bytes(blue)[0];
    }
  }
}

// The same from row to row. Rows have `row` numbers, and seven more follow the last, and the result.
void EXPORT(resize_down)(const float *wide, const int *first, const double *weights, int taps, int to, int row,
                         unsigned char *out) {
#define COLUMNS(X) X(0) X(1) X(2) X(3)
#define NOTHING(j) d2 sum##j = {0, 0};
#define WEIGH(j) sum##j += weight * load2(from + 2 * j);
#define BYTES(j) { i4 rounded = to_bytes(sum##j); out[i + 2 * j] = rounded[0]; out[i + 2 * j + 1] = rounded[1]; }
  for (int y = 0; y < to; y++, weights += taps, out += row) {
    for (int i = 0; i < row; i += 8) {
      const float *from = wide + first[y] * row + i;
      COLUMNS(NOTHING)
      for (int k = 0; k < taps; k++, from += row) {
        double weight = weights[k];
        COLUMNS(WEIGH)
      }
      COLUMNS(BYTES)
    }
  }
}
