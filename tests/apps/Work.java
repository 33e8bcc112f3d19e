// SPDX-License-Identifier: GPL-2.0-or-later
// Many threads of a virtual machine with a warm compiler: each does the same sum again and again, which must
// come out the same; garbage is made and collected meanwhile. Prints how often all of them have done it.
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;

public class Work {
	static final int THREADS = 50;
	static final ConcurrentHashMap<Integer, Long> done = new ConcurrentHashMap<>();
	static final LinkedBlockingQueue<Integer> queue = new LinkedBlockingQueue<>(10);

	static byte[] sum(int seed) throws Exception {
		MessageDigest md = MessageDigest.getInstance("SHA-256");
		byte[] x = new byte[2000];

		for (int i = 0; i < x.length; i++)
			x[i] = (byte)(i * seed);
		for (int i = 0; i < 20; i++)
			x = Arrays.copyOf(md.digest(x), 2000);
		return x;
	}

	static void work(int seed) {
		try {
			byte[] first = sum(seed);

			for (long n = 1; ; n++) {
				if (!Arrays.equals(first, sum(seed)))
					throw new Exception("another sum");
				done.put(seed, n);
				queue.put(seed);
				if (n % 16 == 0)
					Thread.sleep(1);
			}
		} catch (Throwable e) {
			System.out.println("fail: thread " + seed + ": " + e);
			System.exit(1);
		}
	}

	public static void main(String[] args) throws Exception {
		for (int i = 0; i < THREADS; i++) {
			final int seed = i + 1;

			new Thread(() -> work(seed)).start();
		}
		new Thread(() -> {
			try {
				while (true)
					queue.take();
			} catch (InterruptedException e) {
			}
		}).start();
		for (long i = 0, least = 0; ; ) {
			Thread.sleep(5);
			least = done.size() < THREADS ? 0 : done.values().stream().mapToLong(v -> v).min().getAsLong();
			if (least > i * 5)
				System.out.println(i++);
		}
	}
}
