namespace ZoneTierFS.Benchmarks.Models;

/// <summary>The dimensions of a llama-architecture model; all counts, no bytes.</summary>
/// <param name="Embedding">Width of the residual stream.</param>
/// <param name="Layers">Transformer blocks.</param>
/// <param name="Heads">Attention heads; <paramref name="Embedding"/> is a multiple of it.</param>
/// <param name="KeyValueHeads">Heads that keys and values are shared over; divides <paramref name="Heads"/>.</param>
/// <param name="FeedForward">Width of the feed-forward network.</param>
internal sealed record ModelShape(int Embedding, int Layers, int Heads, int KeyValueHeads, int FeedForward)
{
    /// <summary>Named shapes. In half precision: tiny about 6 MB, small about 160 MB, 1b about 1.1 GB.</summary>
    public static IReadOnlyDictionary<string, ModelShape> Presets { get; } = new Dictionary<string, ModelShape>
    {
        ["tiny"] = new(Embedding: 256, Layers: 3, Heads: 4, KeyValueHeads: 2, FeedForward: 704),
        ["small"] = new(Embedding: 768, Layers: 12, Heads: 12, KeyValueHeads: 4, FeedForward: 2048),
        ["1b"] = new(Embedding: 2048, Layers: 12, Heads: 32, KeyValueHeads: 8, FeedForward: 5632),
    };

    public int HeadSize => Embedding / Heads;

    public int KeyValueWidth => HeadSize * KeyValueHeads;
}
