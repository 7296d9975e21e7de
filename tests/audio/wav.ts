/** A WAV file of PCM (16 bits) or float32 samples, for tests. */
export function wav(
  channels: Float32Array[],
  rate: number,
  options: { float?: boolean; announced?: number } = {},
): Uint8Array {
  const bytes = options.float ? 4 : 2;
  const length = channels[0]?.length ?? 0;
  const size = length * channels.length * bytes;
  const file = new Uint8Array(44 + size);
  const view = new DataView(file.buffer);
  const text = (at: number, tag: string) => file.set(new TextEncoder().encode(tag), at);
  text(0, "RIFF");
  view.setUint32(4, 36 + size, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, options.float ? 3 : 1, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * channels.length * bytes, true);
  view.setUint16(32, channels.length * bytes, true);
  view.setUint16(34, 8 * bytes, true);
  text(36, "data");
  view.setUint32(40, options.announced ?? size, true);
  for (let i = 0; i < length; i++) {
    channels.forEach((channel, c) => {
      const at = 44 + (i * channels.length + c) * bytes;
      if (options.float) view.setFloat32(at, channel[i]!, true);
      else view.setInt16(at, Math.round(Math.max(-1, Math.min(1, channel[i]!)) * 32767), true);
    });
  }
  return file;
}

/** A tone of the given frequency. */
export function tone(hertz: number, rate: number, seconds: number, amplitude = 0.5): Float32Array {
  return new Float32Array(Math.round(rate * seconds)).map((_, i) =>
    amplitude * Math.sin(2 * Math.PI * hertz * i / rate)
  );
}
