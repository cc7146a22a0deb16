using System.Numerics;

namespace ZoneTierFS.Engine.Metadata;

/// <summary>A set of page ids, one bit each, read in ascending order.</summary>
internal sealed class PageIdSet
{
    private ulong[] _words = new ulong[16];

    // No member lies in a word before this one.
    private int _firstWord;

    public int Count { get; private set; }

    public bool Contains(uint id) => id / 64 < (uint)_words.Length && (_words[id / 64] >> (int)(id % 64) & 1) != 0;

    /// <summary>False where the id is a member already.</summary>
    public bool Add(uint id)
    {
        var word = (int)(id / 64);
        if (word >= _words.Length)
            Array.Resize(ref _words, Math.Max(word + 1, _words.Length * 2));
        var bit = 1UL << (int)(id % 64);
        if ((_words[word] & bit) != 0)
            return false;
        _words[word] |= bit;
        _firstWord = Math.Min(_firstWord, word);
        Count++;
        return true;
    }

    /// <summary>False where the id is no member.</summary>
    public bool Remove(uint id)
    {
        if (!Contains(id))
            return false;
        _words[id / 64] &= ~(1UL << (int)(id % 64));
        Count--;
        return true;
    }

    /// <summary>The lowest member; <see cref="PageFormat.NoId"/> where there is none.</summary>
    public uint First()
    {
        for (; _firstWord < _words.Length; _firstWord++)
        {
            if (_words[_firstWord] != 0)
                return (uint)(_firstWord * 64 + BitOperations.TrailingZeroCount(_words[_firstWord]));
        }
        return PageFormat.NoId;
    }

    /// <summary>Appends all members in ascending order.</summary>
    public void CopyTo(List<uint> ids)
    {
        for (var word = _firstWord; word < _words.Length; word++)
        {
            for (var bits = _words[word]; bits != 0; bits &= bits - 1)
                ids.Add((uint)(word * 64 + BitOperations.TrailingZeroCount(bits)));
        }
    }
}
