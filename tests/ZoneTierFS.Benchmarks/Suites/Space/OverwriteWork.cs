namespace ZoneTierFS.Benchmarks.Suites.Space;

/// <summary>Files in which pieces of 64 KiB are overwritten at random.</summary>
/// <param name="hotShare">Of the pieces; they get all but this share of the writes. 0.5 for no skew.</param>
/// <param name="scattered">Hot pieces lie among the others; otherwise in files of their own.</param>
internal sealed class OverwriteWork(SpaceVolume volume, long bytes, double hotShare, bool scattered)
{
    private const int PieceBytes = 64 << 10;
    private const int PiecesPerFile = 128;
    private const int Seed = 20;

    private readonly Random _random = new(Seed);
    private readonly byte[] _content = RandomBytes();
    private readonly List<ulong> _files = [];
    private int[] _pieces = [];

    public async Task FillAsync()
    {
        _pieces = [.. Enumerable.Range(0, (int)(bytes / PieceBytes))];
        for (int piece = 0; piece < _pieces.Length; piece++)
        {
            if (piece % PiecesPerFile == 0) _files.Add(await volume.CreateAsync($"file{_files.Count}"));
            await OverwriteAsync(piece);
        }
        if (scattered) _random.Shuffle(_pieces);
    }

    /// <summary>Writes as many bytes as there are.</summary>
    public async Task RoundAsync()
    {
        int hot = (int)(_pieces.Length * hotShare);
        for (int i = 0; i < _pieces.Length; i++)
        {
            bool isHot = _random.NextDouble() >= hotShare;
            await OverwriteAsync(_pieces[isHot ? _random.Next(hot) : _random.Next(hot, _pieces.Length)]);
        }
    }

    private Task OverwriteAsync(int piece) => volume.WriteAsync(
        _files[piece / PiecesPerFile], (long)(piece % PiecesPerFile) * PieceBytes, _content.AsMemory(_random.Next(_content.Length - PieceBytes), PieceBytes));

    private static byte[] RandomBytes()
    {
        byte[] bytes = new byte[1 << 20];
        new Random(Seed).NextBytes(bytes);
        return bytes;
    }
}
