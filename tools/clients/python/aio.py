"""A round trip of aiokafka: idempotent, then in transactions, read by a group."""
import asyncio
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

servers = sys.argv[1]
count = 1000


async def main():
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await admin.start()
    await admin.create_topics([NewTopic("a", 2, 1)])
    await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True, compression_type="gzip")
    await producer.start()
    await asyncio.gather(*[await producer.send("a", f"plain {n}".encode()) for n in range(count)])
    await producer.stop()
    writer = AIOKafkaProducer(bootstrap_servers=servers, transactional_id="a-txn")
    await writer.start()
    for outcome in ["commit", "abort", "commit"]:
        await writer.begin_transaction()
        for n in range(100):
            await writer.send_and_wait("a", f"{outcome} {n}".encode())
        await (writer.commit_transaction() if outcome == "commit" else writer.abort_transaction())
    await writer.stop()
    consumer = AIOKafkaConsumer("a", bootstrap_servers=servers, group_id="a", auto_offset_reset="earliest", isolation_level="read_committed")
    await consumer.start()
    values = []
    while len(values) < count + 200:
        batches = await consumer.getmany(timeout_ms=10000)
        assert batches, f"nothing more after {len(values)}"
        values += [record.value.decode() for records in batches.values() for record in records]
    await consumer.stop()
    expected = [f"plain {n}" for n in range(count)] + [f"commit {n}" for n in range(100)] * 2
    assert sorted(values) == sorted(expected)
    print("round trip ok")


asyncio.run(main())
