using ZoneTierFS.Engine;
using ZoneTierFS.Linux;

namespace ZoneTierFS.Simulation.Stress;

/// <summary>
/// One thread: files of its own, of which it knows every byte, and files that it shares with all, of which it knows only that they must not break.
/// </summary>
internal sealed class StressWorker(StressCalls calls, StressOptions options, int number, ulong own, ulong shared)
{
    private const int OwnFiles = 4;
    private const int OwnBytesMax = 250_000;
    private const int SharedFiles = 6;
    private static readonly string?[] s_tiers = ["tlc", "qlc", null];
    private static readonly Errno[] s_lostRaces = [Errno.Ok, Errno.ENOENT, Errno.EEXIST, Errno.ESTALE, Errno.ENOSPC, Errno.ENODATA];

    private readonly Random _random = new(options.Seed * 1000 + number);
    private readonly Dictionary<string, byte[]> _files = [];

    public StressCalls Calls => calls;

    public void Run()
    {
        for (int step = 0; step < options.Operations; step++)
        {
            if (_random.Next(4) == 0)
            {
                OnShared();
            }
            else
            {
                OnOwn($"f{_random.Next(OwnFiles)}");
            }
        }
    }

    /// <summary>Compares all own files with what must be in them.</summary>
    public void Verify(StressCalls with)
    {
        foreach ((string name, byte[] expected) in _files)
        {
            (Errno error, byte[] bytes) = with.Read(with.Find(own, name), expected.Length + 1);
            if (error != Errno.Ok || !bytes.AsSpan().SequenceEqual(expected))
            {
                int same = bytes.AsSpan().CommonPrefixLength(expected);
                throw Wrong(name, $"reads as {bytes.Length} bytes with {error}, instead of {expected.Length}, equal up to {same}");
            }
        }
        for (int i = 0; i < OwnFiles; i++)
        {
            if (with.Find(own, $"f{i}") != 0 != _files.ContainsKey($"f{i}"))
            {
                throw Wrong($"f{i}", "is there and should not be, or the other way round");
            }
        }
    }

    private void OnOwn(string name)
    {
        ulong inode = calls.Find(own, name);
        if (!_files.TryGetValue(name, out byte[]? content))
        {
            Result<FileStatus> made = calls.Create(own, name);
            if (made.IsOk)
            {
                _files[name] = [];
            }
            else if (made.Error != Errno.ENOSPC)
            {
                throw Wrong(name, $"cannot be made: {made.Error}");
            }
            return;
        }
        switch (_random.Next(14))
        {
            case 0 or 1 or 2 or 3: Write(name, inode, content, _random.Next(content.Length + 1)); break;
            case 4 or 5: Write(name, inode, content, content.Length); break;
            case 6: Cut(name, inode, content); break;
            case 7 when content.Length > 1: Punch(name, inode, content); break;
            case 8: Require(name, calls.Fsync(inode)); break;
            case 9: Rename(name, $"f{_random.Next(OwnFiles)}"); break;
            case 10: Remove(name); break;
            case 11: Steer(inode); break;
            case 12: Require(name, calls.Do("sync", calls.Volume.SyncAsync())); break;
            default: Verify(calls); break;
        }
    }

    private void Write(string name, ulong inode, byte[] content, int offset)
    {
        byte[] bytes = new byte[Math.Min(1 + _random.Next(options.WriteBytesMax), OwnBytesMax - offset)];
        if (bytes.Length == 0)
        {
            return;
        }
        _random.NextBytes(bytes);
        Errno error = calls.Write(inode, offset, bytes);
        // Without room nothing was written.
        if (error == Errno.ENOSPC)
        {
            return;
        }
        Require(name, error);
        byte[] now = new byte[Math.Max(content.Length, offset + bytes.Length)];
        content.CopyTo(now, 0);
        bytes.CopyTo(now, offset);
        _files[name] = now;
    }

    private void Cut(string name, ulong inode, byte[] content)
    {
        byte[] now = new byte[_random.Next(Math.Min(content.Length + 10_000, OwnBytesMax))];
        Errno error = calls.Truncate(inode, (ulong)now.Length);
        if (error == Errno.ENOSPC && now.Length > 0)
        {
            return;
        }
        Require(name, error);
        content.AsSpan(0, Math.Min(now.Length, content.Length)).CopyTo(now);
        _files[name] = now;
    }

    private void Punch(string name, ulong inode, byte[] content)
    {
        int offset = _random.Next(content.Length - 1);
        int length = 1 + _random.Next(content.Length - offset - 1);
        Errno error = calls.Punch(inode, offset, length);
        if (error == Errno.ENOSPC)
        {
            return;
        }
        Require(name, error);
        byte[] now = [.. content];
        now.AsSpan(offset, length).Clear();
        _files[name] = now;
    }

    private void Rename(string name, string newName)
    {
        ValueTask<Errno> call = calls.Volume.RenameAsync(own, StressCalls.Name(name), own, StressCalls.Name(newName), RenameFlags.None);
        Require(name, calls.Do($"rename {name} to {newName}", call));
        byte[] content = _files[name];
        _files.Remove(name);
        _files[newName] = content;
    }

    /// <summary>Removing always works.</summary>
    private void Remove(string name)
    {
        Require(name, calls.Do($"unlink {name}", calls.Volume.UnlinkAsync(own, StressCalls.Name(name))));
        _files.Remove(name);
    }

    private void Steer(ulong inode)
    {
        string? tier = s_tiers[_random.Next(s_tiers.Length)];
        Require("pin", calls.Do($"pin to {tier}", calls.Volume.SetPinAsync(inode, tier)));
        if (_random.Next(2) == 0)
        {
            calls.Volume.Warm(inode);
        }
    }

    private void OnShared()
    {
        string name = $"s{_random.Next(SharedFiles)}";
        string other = $"s{_random.Next(SharedFiles)}";
        ulong inode = calls.Find(shared, name);
        Errno error = _random.Next(9) switch
        {
            0 => calls.Create(shared, name).Error,
            1 => calls.Do($"unlink {name}", calls.Volume.UnlinkAsync(shared, StressCalls.Name(name))),
            2 => calls.Do($"rename {name}", calls.Volume.RenameAsync(shared, StressCalls.Name(name), shared, StressCalls.Name(other), RenameFlags.None)),
            3 => calls.Do($"link {name}", calls.Volume.LinkAsync(inode, shared, StressCalls.Name(other))).Error,
            4 => calls.Truncate(inode, (ulong)_random.Next(200_000)),
            5 => calls.Fsync(inode),
            6 => calls.Do("setxattr", calls.Volume.SetXattrAsync(inode, StressCalls.Name("user.x"), new byte[_random.Next(200)], 0)),
            7 => calls.Read(inode, 200_000).Error,
            _ => calls.Write(inode, _random.Next(150_000), new byte[1 + _random.Next(options.WriteBytesMax)]),
        };
        if (!s_lostRaces.Contains(error))
        {
            throw Wrong(name, $"{calls.Current}: {error}");
        }
    }

    private void Require(string name, Errno error)
    {
        if (error != Errno.Ok)
        {
            throw Wrong(name, $"{calls.Current}: {error}");
        }
    }

    private StressException Wrong(string name, string problem) => new($"thread {number}, {name}: {problem}");
}
